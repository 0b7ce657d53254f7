package registry_test

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os/exec"
	"testing"
)

var python = flag.String("python", "", "a Python with PyYAML and json-glib (Debian: python3-yaml, python3-gi, gir1.2-json-1.0), whose parsers the differential test uses too")

// startPython adds the parsers of testdata/consumers.py to those of the differential test, where a Python is given.
func startPython(t *testing.T) {
	if *python == "" {
		t.Log("without -python, PyYAML, libyaml and json-glib are left out")
		return
	}
	command := exec.Command(*python, "testdata/consumers.py")
	to, err := command.StdinPipe()
	from, err2 := command.StdoutPipe()
	if err := errors.Join(err, err2, command.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		to.Close()
		if err := command.Wait(); err != nil {
			t.Error(err)
		}
	})
	answers := bufio.NewReader(from)
	for _, name := range []string{"PyYAML", "libyaml", "C, json-glib"} {
		parsers[name] = func(text []byte, into any) error {
			fmt.Fprintf(to, "%s\t%s\n", name, base64.StdEncoding.EncodeToString(text))
			line, err := answers.ReadBytes('\n')
			if err != nil {
				t.Fatal("the Python has ended: ", err)
			}
			return json.Unmarshal(line, into)
		}
	}
	var tree map[string]any
	if err := parsers["C, json-glib"]([]byte(`{"a\u0000b": 1}`), &tree); err != nil || tree["a"] == nil {
		t.Fatal("json-glib is not what it was: ", tree, err)
	}
}
