import { dispatchRuleSpec } from './dispatch-rule.ts'
import { type OpenApiSchema, openApiSchema } from './open-api-schema.ts'
import { sipTrunkSpec } from './sip-trunk.ts'

/**
 * The schemas of both kinds in this version of the program. Each begins at the root of the object. The operator compares them
 * with the schemas that the API server serves.
 */
export function knownSchemas(): Readonly<Record<'SipTrunk' | 'DispatchRule', OpenApiSchema>> {
  return { SipTrunk: rootOf(openApiSchema(sipTrunkSpec)), DispatchRule: rootOf(openApiSchema(dispatchRuleSpec)) }
}

function rootOf(spec: OpenApiSchema): OpenApiSchema {
  return { type: 'object', properties: { spec } }
}
