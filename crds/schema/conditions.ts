import { z } from 'zod'
import {
  MAX_CONDITION_MESSAGE_LENGTH,
  MAX_CONDITION_REASON_LENGTH,
  MAX_CONDITION_TYPE_LENGTH,
  MAX_CONDITIONS,
  MAX_INSTALLATION_LENGTH,
} from './limits.ts'

/**
 * All conditions that a SipTrunk or a DispatchRule can have, with all their reasons. The set is closed and part of the API.
 * `Accepted` and `ResolvedRefs` are always present; on a cluster also `Programmed` and `Ready`. `Conflicted` and `Shadowed` are
 * present only while they are true, and `BackendsHealthy` only while it is false.
 */
export const CONDITION_REASONS = {
  /**
   * True if no other condition reports a fault and the object is not being deleted. While `Ready` is False, it repeats the
   * reason of the worst condition.
   */
  Ready: ['Ready', 'Deleting'],
  /** The whole object or a part of it is in the table. */
  Accepted: ['Accepted', 'Conflicted', 'NoTrunk', 'UnknownField', 'Invalid'],
  /**
   * Every trunk and Service that a rule names exists, and every Service has an endpoint that takes calls. If a Service is
   * absent or has no such endpoint, the rule stays in the table. Its calls then go to its other backends, or the caller gets
   * the answer for `no_backend`.
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
  /** At least 99 % of the live ingress pods run a table that contains this generation. */
  Programmed: ['Programmed', 'Pending', 'NoReaders', 'NotAccepted', 'PublishFailed', 'Held'],
  /**
   * For a trunk: if this trunk and an older trunk of another namespace both admit a call, the older trunk gets the call. For a
   * rule: an earlier rule matches exactly the same calls.
   */
  Conflicted: ['OlderTrunk', 'SameMatch'],
  /** An earlier rule takes every call that this rule could take. */
  Shadowed: ['EarlierRule'],
  /** More than half of the ingress pods find some of the rule's backends down, or all of them. */
  BackendsHealthy: ['BackendsDown', 'AllBackendsDown'],
} as const

export type ConditionType = keyof typeof CONDITION_REASONS

/** The reasons that a condition of type `T` can have. */
export type OwnReason<T extends ConditionType> = (typeof CONDITION_REASONS)[T][number]

/** A condition without its times. The times are added when the status is written. */
export interface Condition<T extends ConditionType = ConditionType> {
  readonly type: T
  readonly status: 'True' | 'False'
  readonly reason: T extends 'Ready' ? OwnReason<ConditionType> : OwnReason<T>
  readonly message: string
}

/** These two conditions report a fault while they are True. All other conditions report a fault while they are False. */
const FAULT_WHEN_TRUE: ReadonlySet<ConditionType> = new Set(['Conflicted', 'Shadowed'])

/** Whether a condition has the status that it has when there is no fault. */
export function isAsWished({ type, status }: Pick<Condition, 'type' | 'status'>): boolean {
  return status === (FAULT_WHEN_TRUE.has(type) ? 'False' : 'True')
}

const condition = z.strictObject({
  type: z
    .string()
    .min(1)
    .max(MAX_CONDITION_TYPE_LENGTH)
    .describe('Ready, Accepted, ResolvedRefs, Programmed, Conflicted, Shadowed or BackendsHealthy.'),
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

/** The status of a SipTrunk or a DispatchRule, as the API server stores it. */
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
        'Ready, Accepted, ResolvedRefs and Programmed are always there; Conflicted and Shadowed only while they are True, BackendsHealthy only while it is False. Ready is True once the ingress pods run this generation and nothing is wrong with it: kubectl wait --for=condition=Ready.',
      ),
  })
  .describe('What became of the object. The operator writes it.')
