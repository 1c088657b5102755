// Validates objects with Kubernetes' own code, as kube-apiserver does when a custom resource is
// created with strict field validation. Takes a folder of CRDs as argument and one JSON object a line
// on stdin; gives one JSON object a line on stdout: unknown fields, errors, the value with defaults.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

type kind struct {
	namespaced bool
	structural *structuralschema.Structural
	schema     validation.SchemaValidator
	rules      *cel.Validator
}

type fault struct {
	Reason  string `json:"reason"`
	Field   string `json:"field"`
	Detail  string `json:"detail"`
	Message string `json:"message"`
}

type answer struct {
	Unknown []string    `json:"unknown"`
	Errors  []fault     `json:"errors"`
	Value   interface{} `json:"value,omitempty"`
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func loadKinds(folder string) map[string]kind {
	kinds := map[string]kind{}
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	must(err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(err)
		var crd apiextensionsv1.CustomResourceDefinition
		if yaml.Unmarshal(text, &crd) != nil || crd.Kind != "CustomResourceDefinition" {
			continue
		}
		var internal apiextensions.CustomResourceDefinition
		must(apiextensionsv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(&crd, &internal, nil))
		for _, version := range crd.Spec.Versions {
			schema, err := apiextensions.GetSchemaForVersion(&internal, version.Name)
			must(err)
			structural, err := structuralschema.NewStructural(schema.OpenAPIV3Schema)
			must(err)
			validator, _, err := validation.NewSchemaValidator(schema.OpenAPIV3Schema)
			must(err)
			name := crd.Spec.Group + "/" + version.Name + " " + crd.Spec.Names.Kind
			kinds[name] = kind{
				namespaced: crd.Spec.Scope == apiextensionsv1.NamespaceScoped,
				structural: structural,
				schema:     validator,
				rules:      cel.NewValidator(structural, true, celconfig.PerCallLimit),
			}
		}
	}
	return kinds
}

func blocks(errs field.ErrorList) bool {
	for _, err := range errs {
		switch err.Type {
		case field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong,
			field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid:
			return true
		}
	}
	return false
}

// The order of customResourceStrategy.Validate, after the decoder of the custom resource handler.
func (k kind) validate(object map[string]interface{}) (result answer) {
	defer func() {
		if fault := recover(); fault != nil {
			result = answer{Unknown: []string{fmt.Sprintf("panic: %v", fault)}}
		}
	}()
	result = answer{Unknown: []string{}, Errors: []fault{}}
	defaulting.PruneNonNullableNullsWithoutDefaults(object, k.structural)
	defaulting.Default(object, k.structural)
	wrong, unknown := objectmeta.CoerceWithOptions(nil, object, k.structural, true,
		objectmeta.CoerceOptions{ReturnUnknownFieldPaths: true})
	if wrong != nil {
		result.Errors = append(result.Errors, fault{string(wrong.Type), wrong.Field, wrong.Detail, wrong.Error()})
		return result
	}
	result.Unknown = append(result.Unknown, unknown...)
	result.Unknown = append(result.Unknown, pruning.PruneWithOptions(object, k.structural, true,
		structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})...)
	item := (&unstructured.Unstructured{Object: object}).DeepCopy()
	if k.namespaced && item.GetNamespace() == "" {
		// As kubectl and the request's own namespace do.
		item.SetNamespace("default")
	}
	errs := apivalidation.ValidateObjectMetaAccessor(item, k.namespaced,
		apivalidation.NameIsDNSSubdomain, field.NewPath("metadata"))
	errs = append(errs, validation.ValidateCustomResource(nil, object, k.schema)...)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, k.structural, object)...)
	if !blocks(errs) {
		more, _ := k.rules.Validate(context.Background(), nil, k.structural, object, nil, celconfig.RuntimeCELCostBudget)
		errs = append(errs, more...)
	}
	for _, err := range errs {
		result.Errors = append(result.Errors, fault{string(err.Type), err.Field, err.Detail, err.Error()})
	}
	if len(errs) == 0 {
		result.Value = object
	}
	return result
}

func main() {
	kinds := loadKinds(os.Args[1])
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		object := map[string]interface{}{}
		must(kjson.UnmarshalCaseSensitivePreserveInts(lines.Bytes(), &object))
		name := fmt.Sprintf("%v %v", object["apiVersion"], object["kind"])
		known, found := kinds[name]
		if !found {
			must(out.Encode(answer{Unknown: []string{"no such kind: " + name}}))
			continue
		}
		must(out.Encode(known.validate(object)))
	}
	must(lines.Err())
}
