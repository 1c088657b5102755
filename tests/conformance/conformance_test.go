// Runs the upstream Gateway API conformance suite, unmodified; its flags are upstream's.
// Beside it, a catalogue of what the suite holds, for those who want to make a table of its results.
package conformance

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/gateway-api/conformance"
	"sigs.k8s.io/gateway-api/conformance/tests"
	"sigs.k8s.io/gateway-api/conformance/utils/suite"
	"sigs.k8s.io/gateway-api/pkg/features"
)

func TestConformance(t *testing.T) {
	conformance.RunConformance(t)
}

type catalogTest struct {
	Name        string                 `json:"name"`
	Features    []features.FeatureName `json:"features"`
	Provisional bool                   `json:"provisional"`
}

type catalogProfile struct {
	Name     suite.ConformanceProfileName `json:"name"`
	Core     []features.FeatureName       `json:"core"`
	Extended []features.FeatureName       `json:"extended"`
}

type catalog struct {
	Tests        []catalogTest          `json:"tests"`
	Profiles     []catalogProfile       `json:"profiles"`
	MeshFeatures []features.FeatureName `json:"meshFeatures"`
}

// TestCatalog writes the catalogue as JSON to the file that the variable names; else it is skipped.
func TestCatalog(t *testing.T) {
	path := os.Getenv("CONFORMANCE_CATALOG")
	if path == "" {
		t.Skip("CONFORMANCE_CATALOG names no file to write")
	}
	profiles := []suite.ConformanceProfile{
		suite.GatewayHTTPConformanceProfile,
		suite.GatewayGRPCConformanceProfile,
		suite.GatewayTLSConformanceProfile,
		suite.GatewayTCPConformanceProfile,
		suite.GatewayUDPConformanceProfile,
		suite.MeshHTTPConformanceProfile,
		suite.MeshGRPCConformanceProfile,
	}
	written := catalog{
		MeshFeatures: sets.List(features.SetsToNamesSet(
			features.MeshCoreFeatures, features.MeshExtendedFeatures)),
	}
	for _, profile := range profiles {
		written.Profiles = append(written.Profiles, catalogProfile{
			profile.Name, sets.List(profile.CoreFeatures), sets.List(profile.ExtendedFeatures)})
	}
	for _, test := range tests.ConformanceTests {
		names := slices.Clone(test.Features)
		slices.Sort(names)
		written.Tests = append(written.Tests, catalogTest{test.ShortName, names, test.Provisional})
	}
	text, err := json.Marshal(written)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}
