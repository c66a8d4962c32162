{{/*
A client-side merge (helm --server-side=false, kubectl apply, Argo CD) compares the ports of a Service, and those of a
container, by their number alone: of two entries that come with the same number it keeps one. So a list in which a
number is there twice never changes. What holds it has the numbers in its name, and other numbers are another object.
*/}}

{{/* What stands behind the name of what holds the ports for SIP: nothing, -5070, or -5070-5080. */}}
{{- define "sip-dispatch.portsInName" -}}
{{- $udp := int .Values.ingress.ports.udp -}}
{{- $tcp := int .Values.ingress.ports.tcp -}}
{{- if ne $udp $tcp -}}
-{{ $udp }}-{{ $tcp }}
{{- else if ne $udp 5060 -}}
-{{ $udp }}
{{- end -}}
{{- end -}}

{{/*
The same for Services. Those that are there with these very ports keep their names, with or without ports in them. Where
one without ports has others, as before names had them, even 5060 goes into the name.
*/}}
{{- define "sip-dispatch.portsOfServices" -}}
{{- $ports := .Values.ingress.ports -}}
{{- $internal := printf "%s-internal" (include "sip-dispatch.fullname" .) -}}
{{- $numbers := list (int $ports.udp) (int $ports.tcp) | uniq | join "-" | printf "-%s" -}}
{{- $plain := include "sip-dispatch.livePorts" (list . $internal) -}}
{{- $numbered := include "sip-dispatch.livePorts" (list . (print $internal $numbers)) -}}
{{- if or .Values.ingress.service.fixedNames (eq $plain $numbers) -}}
{{- else if or $plain (eq $numbered $numbers) -}}
{{- $numbers -}}
{{- else -}}
{{- include "sip-dispatch.portsInName" . -}}
{{- end -}}
{{- end -}}

{{/* The ports for SIP of a Service in the cluster, as they stand in a name. Takes a list: the root and the name. */}}
{{- define "sip-dispatch.livePorts" -}}
{{- $live := lookup "v1" "Service" (index . 0).Release.Namespace (index . 1) -}}
{{- $found := dict -}}
{{- range dig "spec" "ports" list $live -}}
{{- $_ := set $found .name (int .port) -}}
{{- end -}}
{{- if $live -}}
{{- list (get $found "sip-udp") (get $found "sip-tcp") | uniq | join "-" | printf "-%s" -}}
{{- end -}}
{{- end -}}

{{/* The container whose list of ports depends on the engine, too: that of the drachtio-server has the ports for SIP. */}}
{{- define "sip-dispatch.ingressContainerName" -}}
{{- if eq .Values.ingress.engine "drachtio" -}}
ingress-drachtio
{{- else -}}
ingress{{ include "sip-dispatch.portsInName" . }}
{{- end -}}
{{- end -}}
