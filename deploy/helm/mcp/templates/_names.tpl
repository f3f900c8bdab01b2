{{- define "mcp.name" -}}
{{- printf "%s-mcp-%s" .Release.Name .Values.server | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- define "mcp.selector" -}}
app.kubernetes.io/name: mcp-{{ .Values.server }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "mcp.labels" -}}
{{ include "mcp.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "mcp.image" -}}
{{- $repository := default (printf "mcp-%s" .Values.server) .Values.image.repository -}}
{{- if .Values.image.digest -}}
{{ $repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ $repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end }}

{{- /* What would leave a door open, or lose what clients rely on, is refused. */ -}}
{{- define "mcp.check" -}}
{{- $v := .Values -}}
{{- if not (or $v.auth.tokens.secret $v.auth.oauth.issuer $v.auth.allowUnauthenticated) -}}
{{- fail "whom to serve? set auth.tokens.secret or auth.oauth, or accept everybody with auth.allowUnauthenticated" -}}
{{- end -}}
{{- if and $v.auth.allowUnauthenticated (or $v.auth.tokens.secret $v.auth.oauth.issuer) -}}
{{- fail "auth.allowUnauthenticated contradicts auth.tokens and auth.oauth: leave it out" -}}
{{- end -}}
{{- if and $v.auth.oauth.issuer (not $v.auth.oauth.audience) (not $v.publicURL) -}}
{{- fail "auth.oauth.issuer needs auth.oauth.audience or publicURL: tokens that are meant for others would be taken" -}}
{{- end -}}
{{- if and $v.redis.secret (not $v.stateKeys.secret) -}}
{{- fail "redis needs stateKeys.secret: what is kept there is sealed with keys that replicas share" -}}
{{- end -}}
{{- if or $v.autoscaling.enabled (gt (int $v.replicas) 1) -}}
{{- if not $v.stateKeys.secret -}}
{{- fail "replicas share nothing without keys: set stateKeys.secret, or autoscaling.enabled=false and replicas=1" -}}
{{- end -}}
{{- if and (not $v.redis.secret) (ne $v.httpMode "stateless") -}}
{{- fail "sessions need redis.secret where there are several replicas; httpMode=stateless serves only clients without" -}}
{{- end -}}
{{- end -}}
{{- end }}
