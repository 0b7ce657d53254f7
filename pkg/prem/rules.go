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
	ManifestPlatformUnknown      = "manifest/platform-unknown"
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
	ManifestPlaceholderWeight    = "manifest/placeholder-weight"
)

func init() { finding.Register(manifestRules...) }

var manifestRules = []finding.Rule{
	{
		ID: ManifestPathEscape, Severity: finding.Error,
		Title:   "A file's name leads out of the service's folder",
		Brief:   "the file's name leaves its folder",
		Why:     "The App writes files without checking their names: `..` or an absolute path overwrites a user's files.",
		Example: `"weightsFiles": ["../../.zshrc"]`,
		Fix:     "Use relative paths with slashes, such as `tokenizer/vocab.txt`.",
	},
	{
		ID: ManifestServeCommand, Severity: finding.Error,
		Title:   "The command does not begin with the name of a binary",
		Brief:   "the command does not start the binary",
		Why:     "The App executes the first word of `serveCommand` in the service's folder: that file does not exist, or was not downloaded.",
		Example: `"serveCommand": "./server --port=8447" for a binary whose URL ends in server-aarch64-apple-darwin`,
		Fix:     "Begin with the bare file name, which is the last part of the binary's URL.",
	},
	{
		ID: ManifestServeCommandPlatform, Severity: finding.Warning,
		Title:   "The command fits the binary of some platforms only",
		Brief:   "the command fits some platforms only",
		Why:     "One `serveCommand` serves all platforms, and each binary is stored under the last part of its URL. Where that differs, the service can't start.",
		Example: `"serveCommand": "server-aarch64-apple-darwin serve" beside a binary called server-x86_64-unknown-linux-gnu`,
		Fix:     "Publish all platforms' binaries under one file name, or remove the platforms that the command does not fit.",
	},
	{
		ID: ManifestShellSyntax, Severity: finding.Error,
		Title:   "The command needs a shell or a template",
		Why:     "The App splits the command at white space and starts no shell: variables, operators, quotes and templates are passed on as written.",
		Example: `"serveCommand": "server --port=$PORT && echo started"`,
		Fix:     "Write the program and its arguments as they are.",
	},
	{
		ID: ManifestModelPath, Severity: finding.Error,
		Title:   "The command names a model that is not downloaded",
		Brief:   "the command names an unknown model",
		Why:     "The program runs in the service's folder, finds no model there and exits. The App waits for it forever.",
		Example: `"serveCommand": "server --model-path=model.gguf" beside "weightsFiles": ["model-q4.gguf"]`,
		Fix:     "Use a file of `weightsFiles` or `weights`, or `.` for their folder.",
	},
	{
		ID: ManifestPort, Severity: finding.Error,
		Title:   "The server listens on another port than the App expects",
		Brief:   "the server listens on another port",
		Why:     "The App polls `localhost:<defaultExternalPort>` without a time limit, so its window hangs.",
		Example: `"serveCommand": "server --port=8000" beside "defaultExternalPort": 8447`,
		Fix:     "Give `--port` and `defaultExternalPort` the same value.",
	},
	{
		ID: ManifestNoPort, Severity: finding.Warning,
		Title:   "The command sets no port",
		Why:     "The App polls `localhost:<defaultExternalPort>` without a time limit: its window hangs if the server's default port differs.",
		Example: `"serveCommand": "server serve" beside "defaultExternalPort": 8447`,
		Fix:     "Add `--port=` with the value of `defaultExternalPort`. If that is the server's default, nothing has to be done.",
	},
	{
		ID: ManifestArchive, Severity: finding.Error,
		Title:   "A binary is an archive",
		Why:     "The App executes the downloaded file as it is and unpacks nothing.",
		Example: `"aarch64-apple-darwin": "https://github.com/acme/server/releases/download/v1.2.0/server.tar.gz"`,
		Fix:     "Publish the executable itself and use its URL.",
	},
	{
		ID: ManifestWeightIsBinary, Severity: finding.Warning,
		Title:   "A weight is the binary",
		Why:     "The App stores both under one name, so one download replaces the other.",
		Example: `"weightsFiles": ["server-aarch64-apple-darwin"] and a binary of that name`,
		Fix:     "List the model's files. A service without a model needs one small file there, such as its licence.",
	},
	{
		ID: ManifestNoWeights, Severity: finding.Error,
		Title:   "The list of weights is empty or missing",
		Why:     "With an empty list, the App considers the service downloaded and never fetches its binary. Without the list, it exits.",
		Example: `"weightsFiles": []`,
		Fix:     "List the model's files. A service without a model needs one small file there, such as its licence.",
	},
	{
		ID: ManifestWeightsDirectory, Severity: finding.Error,
		Title:   "The weights' folder has no trailing slash",
		Brief:   "no trailing slash in the weights' folder",
		Why:     "The App appends each name to `weightsDirectoryUrl` as it is: `…/mainmodel.gguf` does not exist.",
		Example: `"weightsDirectoryUrl": "https://huggingface.co/acme/model/resolve/main"`,
		Fix:     "Add the slash.",
	},
	{
		ID: ManifestVersion, Severity: finding.Error,
		Title:   "The version does not match the fields",
		Why:     "`version` tells the App where the files are: `\"1\"` means `binariesUrl` and `weightsFiles`, no version means a container.",
		Example: `"version": "1" with "dockerImages" only`,
		Fix:     "Write the version of the fields: `\"1\"` for `binariesUrl`, `\"1.1\"` for `binaries`, none for `dockerImages`.",
	},
	{
		ID: ManifestNoBinary, Severity: finding.Warning,
		Title:   "The App has nothing to run",
		Why:     "The App looks for `x86_64-apple-darwin` or `aarch64-apple-darwin`, then `universal-apple-darwin`. Without one of them nobody can use the service.",
		Example: `"binariesUrl": {"aarch64-apple-darwin": null}`,
		Fix:     "Add a binary, or `\"comingSoon\": true`.",
	},
	{
		ID: ManifestPlatform, Severity: finding.Error,
		Title:   "A platform is misspelt",
		Why:     "The App looks for its own name of the platform and does not find this binary.",
		Example: `"darwin-arm64": "https://…"`,
		Fix:     "Write the target triple: `aarch64-apple-darwin`, `x86_64-apple-darwin`, `universal-apple-darwin`.",
	},
	{
		ID: ManifestPlatformUnknown, Severity: finding.Warning,
		Title:   "A platform is unknown",
		Why:     "The App supports the platforms of macOS only, the registry those of Linux and Windows too.",
		Example: `"sparc-sun-solaris": "https://…"`,
		Fix:     "Remove the entry, or use one of `aarch64-apple-darwin`, `x86_64-apple-darwin`, `universal-apple-darwin`, `x86_64-unknown-linux-gnu`.",
	},
	{
		ID: ManifestFilePlatform, Severity: finding.Warning,
		Title:   "The file's name is that of another platform",
		Why:     "A binary for another processor or system does not start. Often a line was copied and not changed.",
		Example: `"aarch64-apple-darwin": "https://…/server-x86_64-apple-darwin"`,
		Fix:     "Use the platform's own file, or publish it under a name that does not mislead.",
	},
	{
		ID: ManifestMisspeltKey, Severity: finding.Warning,
		Title:   "A field's name is probably misspelt",
		Why:     "The App ignores unknown fields, so the value has no effect.",
		Example: `"serveComand": "server --port=8447"`,
		Fix:     "Correct the name.",
	},
	{
		ID: ManifestPlaceholder, Severity: finding.Warning,
		Title:   "A placeholder was not replaced",
		Why:     "Users see it, or the App uses it as it is.",
		Example: `"description": "TODO"`,
		Fix:     "Replace it, or remove the field.",
	},
	{
		ID: ManifestInterfaces, Severity: finding.Warning,
		Title:   "The kind of service differs from its folder",
		Brief:   "the kind differs from the folder",
		Why:     "The App lists services by `interfaces`, the registry by folder: the service is found in only one of them.",
		Example: `"interfaces": ["chat"] in the folder coder-acme`,
		Fix:     "Write the service's kind, and begin the folder's name with it.",
	},
	{
		ID: ManifestFolder, Severity: finding.Warning,
		Title:   "The generator does not read this folder",
		Why:     "The generator reads folders whose name contains a kind of service, and skips others silently.",
		Example: "a manifest in the folder my service",
		Fix:     "Name the folder after the kind and the service, such as `chat-mistral-7b`.",
	},
	{
		ID: ManifestNoReadme, Severity: finding.Error, Varies: true,
		Title:   "There is no README.md beside the manifest",
		Why:     "The registry's generator fails without it, so no service is published.",
		Example: "a folder with manifest.json and readme.txt",
		Fix:     "Add a `README.md` that describes the service.",
	},
	{
		ID: ManifestNoLogo, Severity: finding.Notice, Informational: true,
		Title:   "There is no logo.svg beside the manifest",
		Why:     "The registry's generator uses it as the icon: without it, the App shows the service without an icon.",
		Example: "a folder with manifest.json and logo.png",
		Fix:     "Add a `logo.svg`.",
	},
	{
		ID: ManifestDuplicateID, Severity: finding.Error,
		Title:   "Two services have the same id",
		Why:     "The App shows only the first. Ids that differ only in case share a folder, which is deleted with the first of them that is removed.",
		Example: `"id": "mistral-7b-instruct" in two manifests`,
		Fix:     "Give the newer service another id.",
	},
	{
		ID: ManifestDuplicatePort, Severity: finding.Warning,
		Title:   "Two services have the same port",
		Why:     "They can't run at the same time. The container and the binary of one service may share a port.",
		Example: `"defaultExternalPort": 8447 in two manifests`,
		Fix:     "Use a port that no other service has.",
	},
	{
		ID: ManifestSharedWeights, Severity: finding.Notice, Informational: true,
		Title:   "Two services have the same weights",
		Why:     "Often a manifest was copied and its URLs not changed.",
		Example: `the same "weightsDirectoryUrl" and "weightsFiles" in two manifests`,
		Fix:     "Check the URLs. If they are right, nothing has to be done.",
	},
	{
		ID: ManifestServiceType, Severity: finding.Warning,
		Title:   "A service with binaries has no `serviceType`",
		Brief:   "the service type is missing",
		Why:     "The App starts a service without `serviceType` as a container, and does not start one of an unknown type.",
		Example: `"binariesUrl": {…} without "serviceType": "binary"`,
		Fix:     "Write `\"serviceType\": \"binary\"`.",
	},
	{
		ID: ManifestNoImage, Severity: finding.Warning,
		Title:   "A container service names no image",
		Why:     "The App shows the service, and there is nothing to start.",
		Example: `"dockerImages": {}`,
		Fix:     "Add an image under `cpu` or `gpu`, or `\"comingSoon\": true`.",
	},
	{
		ID: ManifestNumberWord, Severity: finding.Notice, Informational: true,
		Title:   "A number is written as a text",
		Why:     "Users compare services by these numbers, and can't compare a text.",
		Example: `"tokensPerSecond": "Variable"`,
		Fix:     "Write the number without quotes, or remove the field. If the text is intended, nothing has to be done.",
	},
	{
		ID: ManifestIDFolder, Severity: finding.Warning,
		Title:   "The id is nearly the folder's name",
		Why:     "The id is usually the folder's name without the kind. A difference of one or two letters is a slip, or a copied id.",
		Example: `"id": "mistral-7b-instuct" in the folder chat-mistral-7b-instruct`,
		Fix:     "Write the id as in the folder's name, or rename the folder.",
	},
	{
		ID: ManifestModelName, Severity: finding.Warning,
		Title:   "Two services have the same model name",
		Brief:   "the model's name is another service's",
		Why:     "Often a manifest was copied and the name not changed, so users read the name of another model.",
		Example: `the same "weightsName" in two manifests with different weights`,
		Fix:     "Write the name of this service's model.",
	},
	{
		ID: ManifestPlaceholderWeight, Severity: finding.Notice, Informational: true,
		Title:   "A placeholder file is listed among the weights",
		Brief:   "a placeholder among the weights",
		Why:     "A service of version 1 without a model needs one small file in its list. Beside a model, or in version 1.1, it is downloaded for nothing.",
		Example: `"weightsFiles": ["model.gguf", "keep.txt"]`,
		Fix:     "Remove it.",
	},
}
