package prem

import "github.com/premAI-io/verify-manifests/pkg/finding"

// The IDs of the rules about what the App and the registry's generator would trip over.
const (
	ManifestPathEscape           = "manifest/path-escape"
	ManifestServeCommand         = "manifest/serve-command"
	ManifestServeCommandPlatform = "manifest/serve-command-platform"
	ManifestShellSyntax          = "manifest/shell-syntax"
	ManifestModelPath            = "manifest/model-path"
	ManifestPort                 = "manifest/port"
	ManifestNoPort               = "manifest/no-port"
	ManifestArchive              = "manifest/archive"
	ManifestWeightIsBinary       = "manifest/weight-is-binary"
	ManifestNoWeights            = "manifest/no-weights"
	ManifestWeightsDirectory     = "manifest/weights-directory"
	ManifestVersion              = "manifest/version"
	ManifestNoBinary             = "manifest/no-binary"
	ManifestPlatform             = "manifest/platform"
	ManifestFilePlatform         = "manifest/file-platform"
	ManifestMisspeltKey          = "manifest/misspelt-key"
	ManifestPlaceholder          = "manifest/placeholder"
	ManifestInterfaces           = "manifest/interfaces"
	ManifestFolder               = "manifest/folder"
	ManifestNoReadme             = "manifest/no-readme"
	ManifestNoLogo               = "manifest/no-logo"
	ManifestDuplicateID          = "manifest/duplicate-id"
	ManifestDuplicatePort        = "manifest/duplicate-port"
	ManifestSharedWeights        = "manifest/shared-weights"
	ManifestServiceType          = "manifest/service-type"
	ManifestNoImage              = "manifest/no-image"
	ManifestNumberWord           = "manifest/number-word"
	ManifestIDFolder             = "manifest/id-folder"
	ManifestModelName            = "manifest/model-name"
)

func init() {
	for _, r := range manifestRules {
		finding.Register(finding.Rule{ID: r.id, Severity: r.severity, Title: r.title, Brief: r.brief, Why: r.why, Example: r.example, Fix: r.fix,
			Informational: r.severity == finding.Notice, Varies: r.id == ManifestNoReadme})
	}
}

var manifestRules = []struct {
	id                              string
	severity                        finding.Severity
	title, brief, why, example, fix string // as of finding.Rule
}{
	{ManifestPathEscape, finding.Error,
		"A file's name leads out of the service's folder", "the file's name leaves its folder",
		"The App writes files without checking their names: `..` or an absolute path overwrites a user's files.",
		`"weightsFiles": ["../../.zshrc"]`, "Use relative paths with slashes, such as `tokenizer/vocab.txt`."},
	{ManifestServeCommand, finding.Error,
		"The command does not begin with the name of a binary", "the command does not start the binary",
		"The App executes the first word of `serveCommand` in the service's folder: that file does not exist, or was not downloaded.",
		`"serveCommand": "./server --port=8447" for a binary whose URL ends in server-aarch64-apple-darwin`, "Begin with the bare file name, which is the last part of the binary's URL."},
	{ManifestServeCommandPlatform, finding.Warning,
		"The command fits the binary of some platforms only", "the command fits some platforms only",
		"One `serveCommand` serves all platforms, and each binary is stored under the last part of its URL. Where that differs, the service can't start.",
		`"serveCommand": "server-aarch64-apple-darwin serve" beside a binary called server-x86_64-unknown-linux-gnu`, "Publish all platforms' binaries under one file name, or remove the platforms that the command does not fit."},
	{ManifestShellSyntax, finding.Error,
		"The command needs a shell or a template", "",
		"The App splits the command at white space and starts no shell: variables, operators, quotes and templates are passed on as written.",
		`"serveCommand": "server --port=$PORT && echo started"`, "Write the program and its arguments as they are."},
	{ManifestModelPath, finding.Error,
		"The command names a model that is not downloaded", "the command names an unknown model",
		"The program runs in the service's folder, finds no model there and exits. The App waits for it forever.",
		`"serveCommand": "server --model-path=model.gguf" beside "weightsFiles": ["model-q4.gguf"]`, "Use a file of `weightsFiles` or `weights`, or `.` for their folder."},
	{ManifestPort, finding.Error,
		"The server listens on another port than the App expects", "the server listens on another port",
		"The App polls `localhost:<defaultExternalPort>` without a time limit, so its window hangs.",
		`"serveCommand": "server --port=8000" beside "defaultExternalPort": 8447`, "Give `--port` and `defaultExternalPort` the same value."},
	{ManifestNoPort, finding.Warning,
		"The command sets no port", "",
		"The App polls `localhost:<defaultExternalPort>` without a time limit: its window hangs if the server's default port differs.",
		`"serveCommand": "server serve" beside "defaultExternalPort": 8447`, "Add `--port=` with the value of `defaultExternalPort`. If that is the server's default, nothing has to be done."},
	{ManifestArchive, finding.Error,
		"A binary is an archive", "",
		"The App executes the downloaded file as it is and unpacks nothing.",
		`"aarch64-apple-darwin": "https://github.com/acme/server/releases/download/v1.2.0/server.tar.gz"`, "Publish the executable itself and use its URL."},
	{ManifestWeightIsBinary, finding.Warning,
		"A weight is the binary", "",
		"The App stores both under one name, so one download replaces the other.",
		`"weightsFiles": ["server-aarch64-apple-darwin"] and a binary of that name`, "List the model's files. A service without a model needs one small file there, such as its licence."},
	{ManifestNoWeights, finding.Error,
		"The list of weights is empty or missing", "",
		"With an empty list, the App considers the service downloaded and never fetches its binary. Without the list, it exits.",
		`"weightsFiles": []`, "List the model's files. A service without a model needs one small file there, such as its licence."},
	{ManifestWeightsDirectory, finding.Error,
		"The weights' folder has no trailing slash", "no trailing slash in the weights' folder",
		"The App appends each name to `weightsDirectoryUrl` as it is: `…/mainmodel.gguf` does not exist.",
		`"weightsDirectoryUrl": "https://huggingface.co/acme/model/resolve/main"`, "Add the slash."},
	{ManifestVersion, finding.Error,
		"The version does not match the fields", "",
		"`version` tells the App where the files are: `\"1\"` means `binariesUrl` and `weightsFiles`, no version means a container.",
		`"version": "1" with "dockerImages" only`, "Write the version of the fields: `\"1\"` for `binariesUrl`, `\"1.1\"` for `binaries`, none for `dockerImages`."},
	{ManifestNoBinary, finding.Warning,
		"The App has nothing to run", "",
		"The App looks for `x86_64-apple-darwin` or `aarch64-apple-darwin`, then `universal-apple-darwin`. Without one of them nobody can use the service.",
		`"binariesUrl": {"aarch64-apple-darwin": null}`, "Add a binary, or `\"comingSoon\": true`."},
	{ManifestPlatform, finding.Error,
		"A platform is misspelt", "",
		"The App looks for its own name of the platform and does not find this binary.",
		`"darwin-arm64": "https://…"`, "Write the target triple: `aarch64-apple-darwin`, `x86_64-apple-darwin`, `universal-apple-darwin`."},
	{ManifestFilePlatform, finding.Warning,
		"The file's name is that of another platform", "",
		"A binary for another processor or system does not start. Often a line was copied and not changed.",
		`"aarch64-apple-darwin": "https://…/server-x86_64-apple-darwin"`, "Use the platform's own file, or publish it under a name that does not mislead."},
	{ManifestMisspeltKey, finding.Warning,
		"A field's name is probably misspelt", "",
		"The App ignores unknown fields, so the value has no effect.",
		`"serveComand": "server --port=8447"`, "Correct the name."},
	{ManifestPlaceholder, finding.Warning,
		"A placeholder was not replaced", "",
		"Users see it, or the App uses it as it is.",
		`"description": "TODO"`, "Replace it, or remove the field."},
	{ManifestInterfaces, finding.Warning,
		"The kind of service differs from its folder", "the kind differs from the folder",
		"The App lists services by `interfaces`, the registry by folder: the service is found in only one of them.",
		`"interfaces": ["chat"] in the folder coder-acme`, "Write the service's kind, and begin the folder's name with it."},
	{ManifestFolder, finding.Warning,
		"The generator does not read this folder", "",
		"The generator reads folders whose name contains a kind of service, and skips others silently.",
		"a manifest in the folder my service", "Name the folder after the kind and the service, such as `chat-mistral-7b`."},
	{ManifestNoReadme, finding.Error,
		"There is no README.md beside the manifest", "",
		"The registry's generator fails without it, so no service is published.",
		"a folder with manifest.json and readme.txt", "Add a `README.md` that describes the service."},
	{ManifestNoLogo, finding.Notice,
		"There is no logo.svg beside the manifest", "",
		"The registry's generator uses it as the icon: without it, the App shows the service without an icon.",
		"a folder with manifest.json and logo.png", "Add a `logo.svg`."},
	{ManifestDuplicateID, finding.Error,
		"Two services have the same id", "",
		"The App shows only the first. Ids that differ only in case share a folder, which is deleted with the first of them that is removed.",
		`"id": "mistral-7b-instruct" in two manifests`, "Give the newer service another id."},
	{ManifestDuplicatePort, finding.Warning,
		"Two services have the same port", "",
		"They can't run at the same time. The container and the binary of one service may share a port.",
		`"defaultExternalPort": 8447 in two manifests`, "Use a port that no other service has."},
	{ManifestSharedWeights, finding.Notice,
		"Two services have the same weights", "",
		"Often a manifest was copied and its URLs not changed.",
		`the same "weightsDirectoryUrl" and "weightsFiles" in two manifests`, "Check the URLs. If they are right, nothing has to be done."},
	{ManifestServiceType, finding.Warning,
		"A service with binaries has no `serviceType`", "the service type is missing",
		"The App starts a service without `serviceType` as a container, and does not start one of an unknown type.",
		`"binariesUrl": {…} without "serviceType": "binary"`, "Write `\"serviceType\": \"binary\"`."},
	{ManifestNoImage, finding.Warning,
		"A container service names no image", "",
		"The App shows the service, and there is nothing to start.",
		`"dockerImages": {}`, "Add an image under `cpu` or `gpu`, or `\"comingSoon\": true`."},
	{ManifestNumberWord, finding.Notice,
		"A number is written as a text", "",
		"Users compare services by these numbers, and can't compare a text.",
		`"tokensPerSecond": "Variable"`, "Write the number without quotes, or remove the field. If the text is intended, nothing has to be done."},
	{ManifestIDFolder, finding.Warning,
		"The id is nearly the folder's name", "",
		"The id is usually the folder's name without the kind. A difference of one or two letters is a slip, or a copied id.",
		`"id": "mistral-7b-instuct" in the folder chat-mistral-7b-instruct`, "Write the id as in the folder's name, or rename the folder."},
	{ManifestModelName, finding.Warning,
		"Two services have the same model name", "the model's name is another service's",
		"Often a manifest was copied and the name not changed, so users read the name of another model.",
		`the same "weightsName" in two manifests with different weights`, "Write the name of this service's model."},
}
