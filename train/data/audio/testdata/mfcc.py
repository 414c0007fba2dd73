"""Reference coefficients by librosa and scipy, for the tests of package audio.

    pip install librosa==0.11.0
    python mfcc.py > mfcc.json

The sound is made of integers, so that the test makes the same one.
"""
import json
import librosa
import numpy as np
import scipy.fft


def sound(count):
    state, samples = 1, []
    for i in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        triangle = abs((i * 37) % 2000 - 1000) - 500
        swing = abs((i * i // 50) % 800 - 400) - 200
        samples.append(8 * triangle + 10 * swing + state // 2**22 - 512)
    return samples


def mfcc(samples, rate, window, shift, bands, low, high, coefficients):
    size = 1
    while size < window:
        size *= 2
    hann = 0.5 * (1 - np.cos(2 * np.pi * np.arange(1, window + 1) / (window + 1)))
    # librosa puts a window shorter than the transform in its middle.
    y = np.concatenate([np.zeros((size - window) // 2), np.array(samples, dtype=np.float64), np.zeros(size)])
    power = np.abs(librosa.stft(y, n_fft=size, hop_length=shift, win_length=window, window=hann, center=False)) ** 2
    power = power[:, : 1 + (len(samples) - window) // shift]
    mel = librosa.filters.mel(sr=rate, n_fft=size, n_mels=bands, fmin=low, fmax=high, htk=False, norm="slaney", dtype=np.float64)
    cepstra = scipy.fft.dct(np.log(mel @ power), axis=0, type=2, norm="ortho")
    cepstra[0] *= np.sqrt(2)
    return cepstra[:coefficients].T


cases = []
for rate, window, shift, high in [(44100, 512, 171, 22050), (44100, 512, 171, 16000), (32000, 372, 124, 16000), (48000, 557, 186, 16000)]:
    frames = mfcc(sound(2000), rate, window, shift, 32, 0, high, 16)
    cases.append({"rate": rate, "high": high, "frames": [[round(float(v), 9) for v in frame] for frame in frames]})
print(json.dumps(cases, indent=None, separators=(",", ":")).replace("]],", "]],\n"))
