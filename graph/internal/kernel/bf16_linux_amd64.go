package kernel

import (
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sys/cpu"
	"golang.org/x/sys/unix"
)

// pairsOfAMX returns the loops of AMX, or says what is missing. A process has to
// ask the system for the tile registers, once; all of its threads may use them
// then.
var pairsOfAMX = sync.OnceValues(func() (*pairKernels, error) {
	switch x := &cpu.X86; {
	case !x.HasAMXTile || !x.HasAMXBF16:
		return nil, errors.New("this one lacks AMX-BF16")
	case !x.HasAVX512F || !x.HasAVX512BW || !x.HasAVX512BF16 || !x.HasBMI2:
		return nil, errors.New("this one lacks AVX512-BF16")
	}
	// arch_prctl(ARCH_REQ_XCOMP_PERM, XTILEDATA), see Documentation/arch/x86/xstate.rst
	// of Linux.
	const request, tileData = 0x1023, 18
	if _, _, errno := unix.RawSyscall(unix.SYS_ARCH_PRCTL, request, tileData, 0); errno != 0 {
		return nil, fmt.Errorf("the system refuses the tile registers: %w", errno)
	}
	return &pairKernels{
		columns: pairColumns,
		rows:    pairRows,
		tiles:   [2][2]pairTile{{tilePairs1x1, tilePairs1x2}, {tilePairs2x1, tilePairs2x2}},
	}, nil
})
