package chart

import (
	"os/exec"
	"path"
	"regexp"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"
)

const dir = "../../deploy/helm/mcp"

// good is what an operator has to say at least.
const good = `
publicURL: https://mcp.example.com/mcp
auth: {tokens: {secret: tokens}}
stateKeys: {secret: keys}
redis: {secret: redis}
`

// objects is what a chart makes.
type objects struct {
	deployment apps.Deployment
	service    core.Service
	scaler     *autoscaling.HorizontalPodAutoscaler
	budget     *policy.PodDisruptionBudget
	network    *networking.NetworkPolicy
}

// render renders the chart, and refuses fields that Kubernetes does not know.
func render(t *testing.T, values string) (*objects, error) {
	t.Helper()
	c, err := loader.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	given, err := chartutil.ReadValues([]byte(values))
	if err != nil {
		t.Fatal(err)
	}
	all, err := chartutil.ToRenderValues(c, given, chartutil.ReleaseOptions{Name: "test", Namespace: "mcp"}, nil)
	if err != nil { // the schema refuses them
		return nil, err
	}
	files, err := engine.Engine{Strict: true}.Render(c, all)
	if err != nil {
		return nil, err
	}
	o := &objects{}
	for name, text := range files {
		if strings.TrimSpace(text) == "" {
			continue
		}
		var into any
		switch path.Base(name) {
		case "deployment.yaml":
			into = &o.deployment
		case "service.yaml":
			into = &o.service
		case "autoscaling.yaml":
			o.scaler = &autoscaling.HorizontalPodAutoscaler{}
			into = o.scaler
		case "disruption.yaml":
			o.budget = &policy.PodDisruptionBudget{}
			into = o.budget
		case "network.yaml":
			o.network = &networking.NetworkPolicy{}
			into = o.network
		default:
			t.Errorf("%s is not expected", name)
			continue
		}
		if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
	return o, nil
}

func TestLint(t *testing.T) {
	given, err := chartutil.ReadValues([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range lint.All(dir, given, "mcp", true).Messages {
		if m.Severity > support.InfoSev {
			t.Error(m)
		}
	}
}

// TestServers renders the chart for each server, and looks at what would be
// dangerous if it were left out.
func TestServers(t *testing.T) {
	for _, server := range []string{"filesystem", "github", "postgres", "slack", "search"} {
		t.Run(server, func(t *testing.T) {
			o, err := render(t, good+"server: "+server)
			if err != nil {
				t.Fatal(err)
			}
			pod := o.deployment.Spec.Template
			c := pod.Spec.Containers[0]
			if c.Image != "mcp-"+server+":v0.1.0" {
				t.Errorf("image %s", c.Image)
			}
			s, p := c.SecurityContext, pod.Spec.SecurityContext
			if !*p.RunAsNonRoot || *p.RunAsUser == 0 || p.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault ||
				*s.AllowPrivilegeEscalation || !*s.ReadOnlyRootFilesystem || len(s.Capabilities.Drop) != 1 || s.Capabilities.Drop[0] != "ALL" ||
				*pod.Spec.AutomountServiceAccountToken {
				t.Errorf("the pod may do more than it needs: %+v %+v", s, p)
			}
			if c.LivenessProbe.HTTPGet.Path != "/healthz" || c.ReadinessProbe.HTTPGet.Path != "/readyz" {
				t.Error("the probes do not look where the server answers")
			}
			if want := "MCP_" + strings.ToUpper(server) + "_REDIS_FILE"; len(c.Env) != 1 || c.Env[0].Name != want || c.Env[0].Value != "/run/mcp/redis/url" {
				t.Errorf("got %+v, want %s", c.Env, want)
			}
			mounted := map[string]string{}
			for _, m := range c.VolumeMounts {
				mounted[m.Name] = m.MountPath
			}
			for _, v := range pod.Spec.Volumes {
				if mounted[v.Name] == "" {
					t.Errorf("the volume %s is not mounted", v.Name)
				}
				if v.Secret != nil && *v.Secret.DefaultMode&0o027 != 0 {
					t.Errorf("the secret %s is open to others, and the server refuses it", v.Name)
				}
			}
			for label, value := range o.deployment.Spec.Selector.MatchLabels {
				if pod.Labels[label] != value || o.service.Spec.Selector[label] != value || o.budget.Spec.Selector.MatchLabels[label] != value ||
					o.network.Spec.PodSelector.MatchLabels[label] != value {
					t.Errorf("the selector %s=%s is not that of all", label, value)
				}
			}
			if o.scaler.Spec.ScaleTargetRef.Name != o.deployment.Name || *o.scaler.Spec.MinReplicas != 3 || o.deployment.Spec.Replicas != nil {
				t.Error("two things say how many replicas there are, or none does")
			}
			if len(o.network.Spec.PolicyTypes) != 2 || len(o.network.Spec.Ingress[0].From) == 0 || len(o.network.Spec.Egress) != 1 {
				t.Errorf("the network is open: %+v", o.network.Spec)
			}
		})
	}
}

// What would be unsafe, or lose what clients rely on, is refused and says why.
func TestRefused(t *testing.T) {
	for name, test := range map[string]struct{ values, want string }{
		"nobody said whom to serve": {"stateKeys: {secret: k}\nredis: {secret: r}", "whom to serve"},
		"everybody and some":        {good + "auth: {tokens: {secret: t}, allowUnauthenticated: true}", "contradicts"},
		"no keys":                   {"auth: {tokens: {secret: t}}", "set stateKeys.secret"},
		"no redis":                  {"auth: {tokens: {secret: t}}\nstateKeys: {secret: k}", "redis.secret"},
		"redis without keys":        {"auth: {tokens: {secret: t}}\nredis: {secret: r}", "redis needs stateKeys"},
		"no audience":               {"auth: {oauth: {issuer: https://issuer}}\nstateKeys: {secret: k}\nredis: {secret: r}", "audience"},
		"unknown server":            {good + "server: oracle", "server"},
		"unknown value":             {good + "replica: 3", "replica"},
		"digest":                    {good + "image: {digest: latest}", "digest"},
	} {
		t.Run(name, func(t *testing.T) {
			values := test.values
			if name == "everybody and some" { // a key stands once
				values = strings.Replace(values, "auth: {tokens: {secret: tokens}}\n", "", 1)
			}
			if _, err := render(t, values); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// TestVariants renders what is left to choose.
func TestVariants(t *testing.T) {
	for name, test := range map[string]struct {
		values string
		check  func(*objects) bool
	}{
		"one replica": {"auth: {allowUnauthenticated: true}\nautoscaling: {enabled: false}\nreplicas: 1", func(o *objects) bool {
			return o.scaler == nil && *o.deployment.Spec.Replicas == 1
		}},
		"stateless": {"auth: {oauth: {issuer: https://issuer, audience: api}}\nstateKeys: {secret: k}\nhttpMode: stateless", func(o *objects) bool {
			args := strings.Join(o.deployment.Spec.Template.Spec.Containers[0].Args, " ")
			return strings.Contains(args, "--oauth-audience=api") && strings.Contains(args, "--http-mode=stateless")
		}},
		"volumes": {good + "args: [/data]\nvolumes: [{name: data, persistentVolumeClaim: {claimName: data}}]\nvolumeMounts: [{name: data, mountPath: /data}]", func(o *objects) bool {
			return len(o.deployment.Spec.Template.Spec.Volumes) == 5
		}},
		"closed off": {good + "networkPolicy: {from: [{namespaceSelector: {}}], egress: [{ports: [{port: 6379}]}]}\npodDisruptionBudget: {enabled: false}", func(o *objects) bool {
			return len(o.network.Spec.Egress) == 2 && o.network.Spec.Ingress[0].From[0].NamespaceSelector != nil && o.budget == nil
		}},
		"digest": {good + "image: {digest: 'sha256:" + strings.Repeat("0", 64) + "'}", func(o *objects) bool {
			return strings.Contains(o.deployment.Spec.Template.Spec.Containers[0].Image, "mcp-filesystem@sha256:")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if o, err := render(t, test.values); err != nil || !test.check(o) {
				t.Errorf("got %+v, %v", o, err)
			}
		})
	}
}

// The chart sets nothing that the servers do not know.
func TestSettings(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "run", "./servers/filesystem/cmd/mcp-filesystem", "--help")
	cmd.Dir = "../.."
	cmd.Env = append(cmd.Environ(), "GOWORK=")
	help, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	o, err := render(t, good+"args: [--read-only]")
	if err != nil {
		t.Fatal(err)
	}
	all, err := render(t, "auth: {oauth: {issuer: https://issuer, audience: api}}\nstateKeys: {secret: k}\nredis: {secret: r}")
	if err != nil {
		t.Fatal(err)
	}
	flag := regexp.MustCompile(`^--[a-z-]+`)
	args := append(o.deployment.Spec.Template.Spec.Containers[0].Args, all.deployment.Spec.Template.Spec.Containers[0].Args...)
	if len(args) < 15 {
		t.Errorf("only %v", args)
	}
	for _, arg := range args {
		if name := flag.FindString(arg); name == "" || !strings.Contains(string(help), "  "+name) {
			t.Errorf("%s is no setting", arg)
		}
	}
}
