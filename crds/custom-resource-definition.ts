import { API_GROUP, API_VERSION } from './schema/api-object.ts'
import { type ConditionType, objectStatus } from './schema/conditions.ts'
import { dispatchRuleSpec } from './schema/dispatch-rule.ts'
import { type OpenApiSchema, openApiSchema } from './schema/open-api-schema.ts'
import { sipTrunkSpec } from './schema/sip-trunk.ts'
import { type StructuralSchema, structuralSchema } from './structural-schema.ts'
import { keepingUnknown } from './unknown-fields.ts'

interface KindNames {
  readonly kind: string
  readonly plural: string
  readonly singular: string
  readonly shortName: string
}

interface PrinterColumn {
  readonly name: string
  readonly type: 'string' | 'integer' | 'date'
  readonly jsonPath: string
  readonly description?: string
  /** A column with a priority above 0 is shown only by `kubectl get -o wide`. */
  readonly priority?: number
}

const AGE: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }

/** A CustomResourceDefinition of apiextensions.k8s.io/v1. The type has only the fields that `definition` below fills in. */
export type CustomResourceDefinition = ReturnType<typeof definition>

/** All CustomResourceDefinitions. The keys are the file names of their manifests. */
export const CUSTOM_RESOURCE_DEFINITIONS: Readonly<Record<string, CustomResourceDefinition>> = {
  'siptrunks.yaml': definition(
    { kind: 'SipTrunk', plural: 'siptrunks', singular: 'siptrunk', shortName: 'trunk' },
    'A SipTrunk says who may call: a carrier or another peer, known by the address that its packets come from.',
    openApiSchema(sipTrunkSpec),
    [...ready(), AGE, { name: 'Sources', type: 'string', jsonPath: '.spec.sources', priority: 1 }, ...inDetail()],
  ),
  'dispatchrules.yaml': definition(
    { kind: 'DispatchRule', plural: 'dispatchrules', singular: 'dispatchrule', shortName: 'drule' },
    'A DispatchRule says where the calls of a trunk go. The first rule whose every condition holds takes the call.',
    openApiSchema(dispatchRuleSpec),
    [
      {
        name: 'Trunk',
        type: 'string',
        jsonPath: '.spec.trunkRefs[0].name',
        description: 'The first trunk; none: all.',
      },
      { name: 'Action', type: 'string', jsonPath: '.spec.action.type' },
      { name: 'Priority', type: 'integer', jsonPath: '.spec.priority', description: 'None: 0.' },
      ...ready(),
      AGE,
      ...inDetail(),
    ],
  ),
}

/** The columns that say whether an object works and, if it does not work, why. */
function ready(): PrinterColumn[] {
  return [
    { name: 'Ready', type: 'string', jsonPath: conditionPath('Ready', 'status') },
    { name: 'Reason', type: 'string', jsonPath: conditionPath('Ready', 'reason') },
  ]
}

/** The columns for `kubectl get -o wide`: how far the object has come, and the message that says how to repair a fault. */
function inDetail(): PrinterColumn[] {
  const steps = (['Accepted', 'Programmed'] as const).map((type) => [type, conditionPath(type, 'status')] as const)
  const installation = ['Installation', '.status.installation.name'] as const
  const columns = [...steps, installation, ['Message', conditionPath('Ready', 'message')] as const]
  return columns.map(([name, jsonPath]) => ({ name, type: 'string', jsonPath, priority: 1 }))
}

function conditionPath(type: ConditionType, field: 'status' | 'reason' | 'message'): string {
  return `.status.conditions[?(@.type=="${type}")].${field}`
}

function definition(names: KindNames, description: string, spec: OpenApiSchema, columns: PrinterColumn[]) {
  const { kind, plural, singular, shortName } = names
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${API_GROUP}` },
    spec: {
      group: API_GROUP,
      names: { categories: ['sip'], kind, listKind: `${kind}List`, plural, shortNames: [shortName], singular },
      scope: 'Namespaced',
      versions: [
        {
          name: API_VERSION,
          served: true,
          storage: true,
          additionalPrinterColumns: columns,
          subresources: { status: {} },
          schema: { openAPIV3Schema: rootSchema(description, spec) },
        },
      ],
    },
  }
}

function rootSchema(description: string, spec: OpenApiSchema): StructuralSchema {
  return {
    description,
    type: 'object',
    // If a YAML block is indented too little, its fields stand beside `spec` and not inside it. Without this setting, the API
    // server would drop these fields, and nobody could refuse them by name.
    'x-kubernetes-preserve-unknown-fields': true,
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: keepingUnknown(structuralSchema(spec, 'spec')),
      status: structuralSchema(openApiSchema(objectStatus), 'status'),
    },
  }
}
