import { z } from 'zod'

/** A JSON schema as zod writes it. It has the keywords of JSON schema, and all fields that `.meta` added. */
export type OpenApiSchema = z.core.JSONSchema.BaseSchema

/** Returns the OpenAPI 3.0 form of a schema, as it applies to input. A field with a default is therefore not required. */
export function openApiSchema(schema: z.ZodType): OpenApiSchema {
  return z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    reused: 'inline',
    cycles: 'throw',
    unrepresentable: 'throw',
  })
}
