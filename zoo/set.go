package zoo

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Set returns the recipe with one field changed. The assignment is
// "path=value", the path leading through the recipe as it prints, elements of
// lists counted from 0:
//
//	stages.0.optimizer.rate=0.01
//	model.layers.0.hidden.levels=1
//	model.layers.0.hidden={"type":"binary"}
//
// Numbers, truth values and texts are written plainly, lists and objects as
// JSON; the name of a type will do for one with nothing else set
// (hidden=binary). A field that does not exist is an error that lists those that do, a
// value of another type one that says what is wanted.
func Set(r Recipe, assignment string) (Recipe, error) {
	path, value, ok := strings.Cut(assignment, "=")
	if !ok || path == "" {
		return r, fmt.Errorf("zoo: set %q: want FIELD=VALUE, as in seed=2", assignment)
	}
	fail := func(err error) (Recipe, error) { return r, fmt.Errorf("zoo: set %s: %w", assignment, err) }
	keys := strings.Split(path, ".")
	at := reflect.ValueOf(r)
	for i, key := range keys {
		var err error
		if at, err = field(at, key, strings.Join(keys[:i], ".")); err != nil {
			return fail(err)
		}
	}
	raw, err := literal(at.Type(), value)
	if err != nil {
		return fail(err)
	}
	text, err := json.Marshal(r)
	if err != nil {
		return fail(err)
	}
	if text, err = replace(text, keys, raw); err != nil {
		return fail(err)
	}
	var changed Recipe
	if err := json.Unmarshal(text, &changed); err != nil {
		return fail(err)
	}
	return changed, nil
}

// field is the part of v that key leads to; path led to v.
func field(v reflect.Value, key, path string) (reflect.Value, error) {
	where := path
	if where == "" {
		where = "the recipe"
	}
	v = behind(v)
	switch v.Kind() {
	case reflect.Slice:
		i, err := strconv.Atoi(key)
		if err != nil || i < 0 || i >= v.Len() {
			return v, fmt.Errorf("%s is a list of %d, numbered from 0: it has no %q", where, v.Len(), key)
		}
		return v.Index(i), nil
	case reflect.Struct:
		fields := fieldsOf(v)
		names := make([]string, len(fields))
		for i, f := range fields {
			names[i] = f.name
			if f.name == key {
				return f.value, nil
			}
		}
		return v, fmt.Errorf("%s has no field %q%s; its fields are %s", where, key, DidYouMean(key, names), strings.Join(names, ", "))
	}
	return v, fmt.Errorf("%s is %s and has no fields", where, kind(v.Type()))
}

// behind is what an interface or a pointer holds, the zero value where a
// pointer holds nothing.
func behind(v reflect.Value) reflect.Value {
	for {
		switch {
		case v.Kind() == reflect.Pointer && v.IsNil():
			v = reflect.Zero(v.Type().Elem())
		case v.Kind() == reflect.Pointer, v.Kind() == reflect.Interface && !v.IsNil():
			v = v.Elem()
		default:
			return v
		}
	}
}

type namedField struct {
	name  string
	value reflect.Value
}

// fieldsOf are the fields of a struct by their names in JSON. A field behind
// an interface is tagged "-", since its type writes it, under its name in
// small letters.
func fieldsOf(v reflect.Value) []namedField {
	var fields []namedField
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || name == "" {
			name = strings.ToLower(f.Name)
		}
		fields = append(fields, namedField{name, v.Field(i)})
	}
	return fields
}

// literal is value as JSON for a field of type t.
func literal(t reflect.Type, value string) (json.RawMessage, error) {
	if t.Kind() == reflect.String {
		return json.Marshal(value)
	}
	var target any = new(any)
	switch t.Kind() {
	case reflect.Interface:
		if !json.Valid([]byte(value)) {
			return json.Marshal(map[string]string{"type": value})
		}
	case reflect.Struct, reflect.Slice, reflect.Pointer:
		// What it is made of is checked when the recipe is read back.
	default:
		target = reflect.New(t).Interface()
	}
	if err := json.Unmarshal([]byte(value), target); err != nil {
		return nil, fmt.Errorf("want %s, got %q", kind(t), value)
	}
	return json.RawMessage(value), nil
}

// kind says in words what values of type t are.
func kind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Uint64:
		return "a whole number from 0 on"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list as JSON"
	}
	return "an object as JSON"
}

// replace returns the JSON text with the value that keys lead to replaced.
func replace(text json.RawMessage, keys []string, value json.RawMessage) (json.RawMessage, error) {
	if len(keys) == 0 {
		return value, nil
	}
	if i, err := strconv.Atoi(keys[0]); err == nil {
		var list []json.RawMessage
		if err := json.Unmarshal(text, &list); err != nil {
			return nil, err
		}
		if list[i], err = replace(list[i], keys[1:], value); err != nil {
			return nil, err
		}
		return json.Marshal(list)
	}
	var object map[string]json.RawMessage
	if len(text) > 0 {
		if err := json.Unmarshal(text, &object); err != nil {
			return nil, err
		}
	}
	if object == nil { // the field is empty, so it was not printed
		object = map[string]json.RawMessage{}
	}
	inner, err := replace(object[keys[0]], keys[1:], value)
	if err != nil {
		return nil, err
	}
	object[keys[0]] = inner
	return json.Marshal(object)
}
