// Package premtest has manifests for tests, each written as what it changes in one that has no finding.
package premtest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/premAI-io/verify-manifests/pkg/document"
)

// base is a manifest without a finding. $N is a number.
const base = `{
  "id": "s$N",
  "name": "Service $N",
  "version": "1",
  "serviceType": "binary",
  "interfaces": ["chat"],
  "modelInfo": {},
  "defaultExternalPort": $N,
  "weightsDirectoryUrl": "https://huggingface.co/acme/model/resolve/0123456789abcdef0123456789abcdef01234567/",
  "weightsFiles": ["model$N.gguf"],
  "binariesUrl": {
    "aarch64-apple-darwin": "https://github.com/acme/server/releases/download/v1.2.0/server-aarch64-apple-darwin",
    "x86_64-apple-darwin": null
  },
  "serveCommand": "server-aarch64-apple-darwin --model-path=model$N.gguf --port=$N"
}`

// Files returns the files of an archive but "want", which says what is expected. A file <folder>/changes.json becomes
// <folder>/manifest.json: the base with the members of changes.json, without those that its list "-" names, and with another number
// for $N in each file.
func Files(archive *txtar.Archive) []txtar.File {
	files := slices.DeleteFunc(slices.Clone(archive.Files), func(file txtar.File) bool { return file.Name == "want" })
	for i, file := range files {
		if folder, isChanged := strings.CutSuffix(file.Name, "changes.json"); isChanged {
			files[i] = txtar.File{Name: folder + "manifest.json", Data: manifest(string(file.Data), strconv.Itoa(9001+i))}
		}
	}
	return files
}

func manifest(changes, number string) []byte {
	var names []string
	texts := map[string]string{}
	for _, text := range []string{base, changes} {
		text = strings.ReplaceAll(text, "$N", number)
		documents, findings := document.Read("changes.json", []byte(text), document.Options{})
		if len(findings) > 0 {
			panic(findings[0].Message + " in " + text)
		}
		for _, v := range documents[0].Root.Members() {
			if !slices.Contains(names, v.Name()) {
				names = append(names, v.Name())
			}
			texts[v.Name()] = text[v.NameStart():v.End()]
		}
	}
	isLeftOut := func(name string) bool { return name == "-" || strings.Contains(texts["-"], strconv.Quote(name)) }
	var members []string
	for _, name := range slices.DeleteFunc(names, isLeftOut) {
		members = append(members, texts[name])
	}
	return []byte("{\n  " + strings.Join(members, ",\n  ") + "\n}\n")
}
