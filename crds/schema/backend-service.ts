import { z } from 'zod'
import { MAX_LABEL_LENGTH, MAX_PORT } from './limits.ts'

/**
 * The name of a Service's port: a DNS label (RFC 1123). It must have at least one letter, because a text of digits looks like
 * the number of a port.
 */
const PORT_NAME = /^[a-z0-9-]*[a-z][a-z0-9-]*$/

const servicePort = z
  .union(
    [
      z.int().min(1).max(MAX_PORT),
      z
        .string()
        .min(1)
        .max(MAX_LABEL_LENGTH)
        .regex(PORT_NAME, 'is not the name of a port: lower-case letters, digits and -, and no number in quotes'),
    ],
    {
      error: `is not a port of a Service: write its number, 1 to ${MAX_PORT}, or its name`,
    },
  )
  .meta({ 'x-kubernetes-int-or-string': true })

/** One port of a Service. The endpoints of this port take the calls. */
export const backendService = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(MAX_LABEL_LENGTH)
    // RFC 1035 label: the API server requires this form for the name of a Service.
    .regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/, 'is not the name of a Service: lower-case letters, digits and - only')
    .describe("The name of a Service of the rule's own namespace."),
  port: servicePort.describe(
    'The port of the Service (not of its pods): its number, 1 to 65535, or its name. Where a number stands for a UDP and a TCP port, transport chooses, and UDP is the default.',
  ),
  transport: z
    .enum(['UDP', 'TCP'])
    .optional()
    .describe("How its endpoints are called. Default: by the protocol of the Service's port."),
})

/** A reference to a Service after the schema has accepted the reference. */
export type BackendServiceSpec = z.output<typeof backendService>

/**
 * Writes a reference as `name:port`. If the reference chooses a transport, `;transport=udp` or `;transport=tcp` follows.
 * Messages and the table use this form.
 */
export function serviceText({ name, port, transport }: BackendServiceSpec): string {
  return `${name}:${port}${transport === undefined ? '' : `;transport=${transport.toLowerCase()}`}`
}
