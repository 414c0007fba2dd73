// Package tagged is JSON for plain data behind an interface: the value's own
// fields beside one, "type", that names its Go type. Unknown types and unknown
// fields are errors, so a typing mistake never becomes a default.
package tagged

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Types names the types that may stand behind an interface I, by a value of
// each.
type Types[I any] map[string]I

// Encode writes v with its name.
func (t Types[I]) Encode(v I) ([]byte, error) {
	name := t.name(v)
	if name == "" {
		return nil, fmt.Errorf("tagged: %T is none of %s", v, t.names())
	}
	fields, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	head := fmt.Sprintf(`{"type":%q`, name)
	if len(fields) > 2 {
		head += ","
	}
	return append([]byte(head), fields[1:]...), nil
}

// Decode reads what Encode wrote. The keys of a type that implements
// json.Unmarshaler are checked by that.
func (t Types[I]) Decode(data []byte) (v I, err error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return v, err
	}
	var name string
	if err := json.Unmarshal(fields["type"], &name); err != nil {
		return v, fmt.Errorf(`no "type", want one of %s`, t.names())
	}
	sample, ok := t[name]
	if !ok {
		return v, fmt.Errorf("unknown type %q, want one of %s", name, t.names())
	}
	delete(fields, "type")
	rest, err := json.Marshal(fields)
	if err != nil {
		return v, err
	}
	value := reflect.New(reflect.TypeOf(sample))
	if err := Strict(rest, value.Interface()); err != nil {
		return v, fmt.Errorf("%s: %w", name, err)
	}
	return value.Elem().Interface().(I), nil
}

// Name is the name of v's type, or that which Go has for it where it has none
// here.
func (t Types[I]) Name(v I) string {
	if name := t.name(v); name != "" {
		return name
	}
	return fmt.Sprintf("%T", v)
}

func (t Types[I]) name(v I) string {
	for name, sample := range t {
		if reflect.TypeOf(sample) == reflect.TypeOf(v) {
			return name
		}
	}
	return ""
}

func (t Types[I]) names() string {
	return strings.Join(slices.Sorted(maps.Keys(t)), ", ")
}

// Strict decodes data into v and refuses fields that v has not.
func Strict(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("more than one value: data goes on after byte %d", d.InputOffset())
	}
	return nil
}
