package prem

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// serviceType reports a service with binaries that does not declare itself one, as embeddings-all-minilm-l6-v2-binary and
// chat-stable-beluga-2-process did in proposals to the registry.
func serviceType(s *service) {
	v := s.root.Get("serviceType")
	switch {
	case !s.set("binariesUrl") && !s.set("binaries") || v.String() == "binary":
	case !s.set("serviceType"):
		s.report("manifest/service-type", s.binariesField(), "The manifest has binaries and no `serviceType`: the App treats the service as a container", "")
	case v.Kind() == document.String: // otherwise the schema reports it
		s.report("manifest/service-type", valueOf(v), fmt.Sprintf("The manifest has binaries and `serviceType` is %s: the App starts them only if it is `binary`", finding.Quote(v.String())), "")
	}
}

// noImage reports a container service without an image, as diffusion-stable-diffusion-2 was in the registry. The schema reports an
// entry without an image.
func noImage(s *service) {
	images := s.root.Get("dockerImages")
	hasImage := images.Get("cpu").Kind() == document.Object || images.Get("gpu").Kind() == document.Object
	if images.Kind() == document.Object && !hasImage && !s.comingSoon() && len(s.binaries) == 0 {
		s.report("manifest/no-image", valueOf(images), "`dockerImages` has no image under `cpu` or `gpu`: there is nothing to start", "")
	}
}

// numberWord reports strings in numeric fields, such as "Variable" in chat-codellama-34b. Placeholders have their own rule.
func numberWord(s *service) {
	for _, name := range []string{"tokensPerSecond", "secondsPerImage"} {
		v := s.root.Get("modelInfo").Get(name)
		if v.Kind() == document.String && !blanks.MatchString(v.String()) {
			s.report("manifest/number-word", valueOf(v), fmt.Sprintf("%s is the string %s; expected a number", finding.Quote(name), finding.Quote(v.String())), "")
		}
	}
}

// shortID is the length up to which names that differ in one or two letters are probably unrelated.
const shortID = 4

// idFolder reports an id that differs from the folder's name by one or two letters, as dolly-v2-12 did from chat-dolly-v2-12b. A
// difference only in case or separators is intended.
func idFolder(s *service) {
	want := strings.TrimPrefix(s.folder, kindOf(s.folder)+"-")
	plain := func(name string) string {
		return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(name))
	}
	isShort := min(len(s.id()), len(want)) <= shortID
	if !isShort && s.id() != s.folder && plain(s.id()) != plain(want) && finding.Nearest(s.id(), []string{want}) != "" {
		s.report("manifest/id-folder", s.field("id"),
			fmt.Sprintf("The id is %s and the folder %s: one is probably misspelt", finding.Quote(s.id()), finding.Quote(s.folder)),
			"Write "+finding.Quote(strconv.Quote(want))+", or rename the folder.")
	}
}
