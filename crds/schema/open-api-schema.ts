import { z } from 'zod'

/** A JSON schema as zod writes it: keywords, and everything that `.meta` added. */
export type OpenApiSchema = z.core.JSONSchema.BaseSchema

/** The OpenAPI 3.0 form of a schema, for input: a field with a default is not required. */
export function openApiSchema(schema: z.ZodType): OpenApiSchema {
  return z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    reused: 'inline',
    cycles: 'throw',
    unrepresentable: 'throw',
  })
}
