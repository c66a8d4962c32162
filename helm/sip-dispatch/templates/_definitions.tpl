{{/*
Objects that exist once in a cluster: the resource definitions and their protection. If one of them exists and belongs to
another owner, Helm refuses the whole release; people then delete the definitions, and every rule with them. So such an
object is left alone. Takes a list: the root, apiVersion, kind and name. Returns the owner of the object; empty if the
object belongs to this release or is absent.
*/}}
{{- define "sip-dispatch.ownerElsewhere" -}}
{{- $root := index . 0 -}}
{{- $live := lookup (index . 1) (index . 2) "" (index . 3) -}}
{{- if $live -}}
{{- $annotations := $live.metadata.annotations | default dict -}}
{{- $release := get $annotations "meta.helm.sh/release-name" -}}
{{- $namespace := get $annotations "meta.helm.sh/release-namespace" -}}
{{- if not $release -}}
no release
{{- else if or (ne $release $root.Release.Name) (ne $namespace $root.Release.Namespace) -}}
release {{ $release }} in namespace {{ $namespace }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Whether this release contains such an object. Takes the same list. */}}
{{- define "sip-dispatch.isOurs" -}}
{{- if or (index . 0).Values.crds.takeOver (not (include "sip-dispatch.ownerElsewhere" .)) -}}
true
{{- end -}}
{{- end -}}

{{/* Annotations of such an object. Argo CD has its own annotations for this purpose. */}}
{{- define "sip-dispatch.kept" -}}
{{- if .Values.crds.keep -}}
helm.sh/resource-policy: keep
argocd.argoproj.io/sync-options: Prune=false,Delete=false
{{- else -}}
sipdispatch.dev/allow-deletion: "true"
{{- end -}}
{{- end -}}

{{/* The resource definitions of other owners: a JSON object with, by name, the owner and whether this chart installed them. */}}
{{- define "sip-dispatch.definitionsElsewhere" -}}
{{- $root := . -}}
{{- $found := dict -}}
{{- range $path, $_ := .Files.Glob "files/crds/*.yaml" -}}
{{- $definition := first (regexSplit "\n---\n" ($root.Files.Get $path) -1) | fromYaml -}}
{{- $asked := list $root $definition.apiVersion $definition.kind $definition.metadata.name -}}
{{- if not (include "sip-dispatch.isOurs" $asked) -}}
{{- $live := lookup $definition.apiVersion $definition.kind "" $definition.metadata.name -}}
{{- $same := eq (toJson (index $definition.spec.versions 0).schema) (toJson (index $live.spec.versions 0).schema) -}}
{{- $_ := set $found $definition.metadata.name (dict "owner" (include "sip-dispatch.ownerElsewhere" $asked) "same" $same) -}}
{{- end -}}
{{- end -}}
{{- $found | toJson -}}
{{- end -}}
