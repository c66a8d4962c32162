{{/*
Objects that a cluster has once, whoever installs them: the resource definitions and what protects them. Helm refuses a
whole release because of one that is there and not its own; people then delete the definitions, and every rule with them.
So such a one is left alone. Takes a list: the root, apiVersion, kind and name. Says whose it is, and nothing where it is
this release's or not there.
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

{{/* Whether this release has such an object. Takes the same list. */}}
{{- define "sip-dispatch.isOurs" -}}
{{- if or (index . 0).Values.crds.takeOver (not (include "sip-dispatch.ownerElsewhere" .)) -}}
true
{{- end -}}
{{- end -}}

{{/* Annotations of such an object. Argo CD knows its own. */}}
{{- define "sip-dispatch.kept" -}}
{{- if .Values.crds.keep -}}
helm.sh/resource-policy: keep
argocd.argoproj.io/sync-options: Prune=false,Delete=false
{{- else -}}
sipdispatch.dev/allow-deletion: "true"
{{- end -}}
{{- end -}}

{{/* The resource definitions that another one has: a JSON object, by name whose they are and whether they are this chart's. */}}
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
