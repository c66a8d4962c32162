import { z } from 'zod'
import {
  MAX_CONDITION_MESSAGE_LENGTH,
  MAX_CONDITION_REASON_LENGTH,
  MAX_CONDITION_TYPE_LENGTH,
  MAX_CONDITIONS,
  MAX_INSTALLATION_LENGTH,
} from './limits.ts'

/**
 * Every condition and every reason that a SipTrunk or a DispatchRule can have: a closed set, part of the API. `Accepted`,
 * `ResolvedRefs` and, on a cluster, `Programmed` and `Ready` are always present; `Conflicted` and `Shadowed` are present only
 * while they are true.
 */
export const CONDITION_REASONS = {
  /**
   * True if every other condition is good and the object is not being deleted. Otherwise `Ready` has the reason of the worst
   * condition.
   */
  Ready: ['Ready', 'Deleting'],
  /** The object is in the table, in whole or in part. */
  Accepted: ['Accepted', 'Conflicted', 'NoTrunk', 'UnknownField', 'Invalid'],
  /**
   * Every trunk and Service that a rule references exists, and every Service has an endpoint that takes calls. If a Service
   * is absent or has no such endpoint, the rule stays in the table: its calls go to its other backends, or get `no_backend`.
   */
  ResolvedRefs: [
    'ResolvedRefs',
    'TrunkNotFound',
    'ServiceNotFound',
    'PortNotFound',
    'NoReadyEndpoints',
    'UnsupportedService',
    'ServicesUnwatched',
    'Invalid',
  ],
  /** At least 99 % of the live ingress pods run a table that has this generation. */
  Programmed: ['Programmed', 'Pending', 'NoReaders', 'NotAccepted', 'PublishFailed', 'Held'],
  /**
   * For a trunk: an older trunk of another namespace is taken first. For a rule: another rule matches exactly the same calls.
   */
  Conflicted: ['OlderTrunk', 'SameMatch'],
  /** An earlier rule takes every call that this rule could take. */
  Shadowed: ['EarlierRule'],
} as const

export type ConditionType = keyof typeof CONDITION_REASONS

/** The reasons that a condition of this type can have. */
export type OwnReason<T extends ConditionType> = (typeof CONDITION_REASONS)[T][number]

/** A condition without its times, which are added when the status is written. */
export interface Condition<T extends ConditionType = ConditionType> {
  readonly type: T
  readonly status: 'True' | 'False'
  readonly reason: T extends 'Ready' ? OwnReason<ConditionType> : OwnReason<T>
  readonly message: string
}

/** These conditions report a fault while they are True. The other conditions report a fault while they are False. */
const FAULT_WHEN_TRUE: ReadonlySet<ConditionType> = new Set(['Conflicted', 'Shadowed'])

/** Whether a condition reports no fault. */
export function isAsWished({ type, status }: Pick<Condition, 'type' | 'status'>): boolean {
  return status === (FAULT_WHEN_TRUE.has(type) ? 'False' : 'True')
}

const condition = z.strictObject({
  type: z
    .string()
    .min(1)
    .max(MAX_CONDITION_TYPE_LENGTH)
    .describe('Ready, Accepted, ResolvedRefs, Programmed, Conflicted or Shadowed.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('True, False or Unknown: whether the condition holds.'),
  observedGeneration: z.int().min(0).optional().describe('The metadata.generation that this condition is about.'),
  lastTransitionTime: z.iso.datetime().describe('When status last became another one, as an RFC 3339 time.'),
  reason: z
    .string()
    .min(1)
    .max(MAX_CONDITION_REASON_LENGTH)
    .describe('Why, as one word of a closed set, such as Conflicted or ServiceNotFound.'),
  message: z.string().max(MAX_CONDITION_MESSAGE_LENGTH).describe('Why, in words, and what to do about it.'),
})

/** The status of both kinds, as the API server stores it. */
export const objectStatus = z
  .strictObject({
    installation: z
      .strictObject({
        name: z
          .string()
          .min(1)
          .max(MAX_INSTALLATION_LENGTH)
          .describe('Namespace and name of its Lease, such as voice/sip-dispatch-operator.'),
        since: z.iso
          .datetime()
          .describe('When that was made, as an RFC 3339 time. Of two installations the older one writes.'),
      })
      .optional()
      .describe(
        'The installation that wrote this status. Programmed and Ready tell of its ingress pods and of no others.',
      ),
    conditions: z
      .array(condition)
      .max(MAX_CONDITIONS)
      .optional()
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] })
      .describe(
        'Ready, Accepted, ResolvedRefs and Programmed are always there; Conflicted and Shadowed only while they are True. Ready is True once the ingress pods run this generation and nothing is wrong with it: kubectl wait --for=condition=Ready.',
      ),
  })
  .describe('What became of the object. The operator writes it.')
