import { dispatchRuleSpec } from './dispatch-rule.ts'
import { type OpenApiSchema, openApiSchema } from './open-api-schema.ts'
import { sipTrunkSpec } from './sip-trunk.ts'

/**
 * The schema of each kind in this version, from the root of an object. It is compared with the schema that an API server
 * serves.
 */
export function knownSchemas(): Readonly<Record<'SipTrunk' | 'DispatchRule', OpenApiSchema>> {
  return { SipTrunk: rootOf(openApiSchema(sipTrunkSpec)), DispatchRule: rootOf(openApiSchema(dispatchRuleSpec)) }
}

function rootOf(spec: OpenApiSchema): OpenApiSchema {
  return { type: 'object', properties: { spec } }
}
