{{/*
Fills in values that were added to the chart after a release was made: helm upgrade --reuse-values leaves them out. Every
template begins with this, since helm renders them in any order.
*/}}
{{- define "sip-dispatch.defaults" -}}
{{- $values := .Values -}}
{{- range $path, $initial := .Files.Get "files/defaults.yaml" | fromYaml -}}
{{- $keys := splitList "." $path -}}
{{- $map := $values -}}
{{- range initial $keys -}}
{{- if not (hasKey $map .) -}}{{- $_ := set $map . dict -}}{{- end -}}
{{- $map = get $map . -}}
{{- end -}}
{{- if not (hasKey $map (last $keys)) -}}{{- $_ := set $map (last $keys) $initial -}}{{- end -}}
{{- end -}}
{{- end -}}
