package inspect

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/registry"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// LocalFile tells where an artifact's file is kept below a folder: in that which the registry's own package knows, such as <id>/<file>,
// else in <the manifest's name without its ending>/<file>. A root that has only a file of that name is a folder of files. Without a
// root, nothing is there. A path that leads out of the folder is refused where it is opened.
func (r *Registries) LocalFile(root *os.Root, m *registry.Manifest, a artifact.Artifact) verify.LocalFile {
	if folder, found := r.Folder(m); found {
		return verify.LocalFile{Artifact: a, Path: folder + "/" + a.Name}
	}
	name := strings.TrimSuffix(path.Base(m.Path), path.Ext(m.Path)) + "/" + a.Name
	if root != nil && fs.ValidPath(a.Name) {
		_, err := root.Lstat(name)
		if _, bare := root.Lstat(a.Name); errors.Is(err, fs.ErrNotExist) && bare == nil {
			name = a.Name
		}
	}
	return verify.LocalFile{Artifact: a, Path: name}
}
