import type { ConditionType, OwnReason } from './schema/conditions.ts'

/** What one reason of a condition means, and what a reader of the status should do. */
export interface ReasonReference {
  /** A condition with this reason has this status. */
  readonly status: 'True' | 'False'
  readonly meaning: string
  readonly remedy: string
}

interface ConditionReference<T extends ConditionType = ConditionType> {
  readonly meaning: string
  readonly reasons: Readonly<Record<OwnReason<T>, ReasonReference>>
}

const NOTHING = 'Nothing.'

/** What each condition and each reason of `CONDITION_REASONS` means for the author of the object, in Markdown. */
export const CONDITION_REFERENCE: { readonly [T in ConditionType]: ConditionReference<T> } = {
  Ready: {
    meaning:
      'Whether the object works: every other condition is as it should be, and the pods run this generation. It is always there on a cluster. While it is False, reason and message are those of the worst condition, in the order Accepted, Shadowed, ResolvedRefs, Conflicted, Programmed: the reasons of the tables below.',
    reasons: {
      Ready: {
        status: 'True',
        meaning: 'The pods run this generation, and nothing is wrong with it.',
        remedy: NOTHING,
      },
      Deleting: {
        status: 'False',
        meaning:
          'Somebody has deleted the object, and a finalizer keeps it. Until that is gone the object is in the table as before, and takes calls.',
        remedy: 'Wait for whoever has set the finalizer that the message names, or remove it.',
      },
    },
  },
  Accepted: {
    meaning: 'Whether the object is in the rule table. It is always there.',
    reasons: {
      Accepted: {
        status: 'True',
        meaning:
          'The object is in the table. The message says of a rule without conditions or without trunks that it takes every call, and of a trunk what it admits.',
        remedy: 'Nothing, where that is what was meant.',
      },
      Conflicted: {
        status: 'False',
        meaning:
          'Another rule has the same priority, trunks and conditions, and comes first. Only that one takes calls.',
        remedy: 'Change or delete one of the two; the message names the other.',
      },
      NoTrunk: {
        status: 'False',
        meaning: 'The rule names trunks, and none of them is in the table. It takes no call.',
        remedy: 'Create the SipTrunk in the namespace of the rule, or correct `spec.trunkRefs`.',
      },
      UnknownField: {
        status: 'False',
        meaning:
          'The object has a field that the operator does not know, and is not in the table: without what was meant there it could take calls that it was not written for.',
        remedy:
          'Correct the name as the message says. Where the field is new, the operator is older than the object: upgrade it.',
      },
      Invalid: {
        status: 'False',
        meaning:
          'A field cannot be used. The object is not in the table; on a cluster that keeps no other object out of it.',
        remedy: 'Correct the field that the message names. `sip-dispatch lint` finds the same before it is applied.',
      },
    },
  },
  ResolvedRefs: {
    meaning:
      'Whether everything that the object names exists and can take calls. It is always there; with several faults, the reason is that of the first and the message names all.',
    reasons: {
      ResolvedRefs: {
        status: 'True',
        meaning: 'Every trunk exists, and every Service has a ready endpoint. A trunk names nothing.',
        remedy: NOTHING,
      },
      TrunkNotFound: {
        status: 'False',
        meaning: 'A trunk of `spec.trunkRefs` does not exist or is not valid. The rule takes the calls of the others.',
        remedy: 'Create the SipTrunk, correct the name, or look at the status of the trunk.',
      },
      ServiceNotFound: {
        status: 'False',
        meaning:
          'A Service does not exist in the namespace of the rule. Calls go to the other backends, else they get `no_backend`.',
        remedy: 'Create the Service, or correct `service.name`. Without a cluster write `uri`.',
      },
      PortNotFound: {
        status: 'False',
        meaning: 'The Service has no port of that number or name. Calls go to the other backends.',
        remedy: 'Take one of the ports that the message lists.',
      },
      NoReadyEndpoints: {
        status: 'False',
        meaning: 'The Service has no ready endpoint. Calls go to the other backends until it has one.',
        remedy: 'Look at the pods of the Service, their readiness and its selector.',
      },
      UnsupportedService: {
        status: 'False',
        meaning: 'The Service is an ExternalName, its endpoints are host names, or its port is neither UDP nor TCP.',
        remedy: 'Take a Service with addresses, or write `uri`.',
      },
      ServicesUnwatched: {
        status: 'False',
        meaning: 'The operator may not watch Services and EndpointSlices. Calls go to the endpoints known last.',
        remedy: 'Grant the operator `get`, `list` and `watch` on both ([operator/rbac.yaml](../operator/rbac.yaml)).',
      },
      Invalid: {
        status: 'False',
        meaning: 'The object is not valid, so its references are not followed.',
        remedy: 'See `Accepted`.',
      },
    },
  },
  Programmed: {
    meaning:
      'Whether at least 99 % of the ingress pods run this generation of the object. It is always there on a cluster, and stays True while the generation is in the table.',
    reasons: {
      Programmed: { status: 'True', meaning: 'The pods run this generation.', remedy: NOTHING },
      Pending: {
        status: 'False',
        meaning: 'Too few pods run this generation yet.',
        remedy:
          'Wait. If it lasts, look which pod is behind: [SipDispatchTableBehind](runbooks/SipDispatchTableBehind.md).',
      },
      NoReaders: {
        status: 'False',
        meaning: 'The generation is published, and no ingress pod reports.',
        remedy: 'Check that ingress pods run, and that they reach the rules cache.',
      },
      NotAccepted: {
        status: 'False',
        meaning: 'This generation is not in the table.',
        remedy: 'See `Accepted`.',
      },
      PublishFailed: {
        status: 'False',
        meaning: 'The rules cache cannot be written. The pods go on with the last good table.',
        remedy: 'Check the cache and the log of the operator.',
      },
      Held: {
        status: 'False',
        meaning:
          'The object leaves the table, together with most of it, and that change is held: what it was before still takes calls.',
        remedy:
          'Restore what was deleted, or allow it with the annotation `sipdispatch.dev/allow-mass-deletion: "true"` on the namespace: [SipDispatchPublishHeld](runbooks/SipDispatchPublishHeld.md).',
      },
    },
  },
  Conflicted: {
    meaning: 'Two objects want the same calls. It is there only while it is True.',
    reasons: {
      OlderTrunk: {
        status: 'True',
        meaning:
          'A trunk: an older trunk of another namespace admits some of the same calls, which go by the rules of that namespace.',
        remedy:
          'Agree with the owner of the trunk that the message names who keeps the source, and remove it from the other trunk.',
      },
      SameMatch: {
        status: 'True',
        meaning: 'A rule: another one has the same priority, trunks and conditions, and comes first.',
        remedy: 'Change or delete one of the two; the message names the other.',
      },
    },
  },
  Shadowed: {
    meaning: 'The rule is in the table and can never take a call. It is there only while it is True.',
    reasons: {
      EarlierRule: {
        status: 'True',
        meaning: 'The rule in the message comes first and takes every call of this one.',
        remedy: 'Raise `spec.priority`, narrow the earlier rule, or delete this one.',
      },
    },
  },
  BackendsHealthy: {
    meaning:
      'Whether the ingress pods reach the backends of the rule, as more than half of those that report have found by calls and [health checks](backends.md#health-of-backends). It is there only while it is False: where it is absent, nothing bad is reported, or no pod reports. It does not change `Ready`, because the rule itself is as it should be.',
    reasons: {
      BackendsDown: {
        status: 'False',
        meaning: 'Some backends are down. The others take their calls.',
        remedy:
          'Look at the backends that the message names: [SipDispatchBackendDown](runbooks/SipDispatchBackendDown.md).',
      },
      AllBackendsDown: {
        status: 'False',
        meaning: 'All backends are down. Pods still try them with every call.',
        remedy:
          'The same, at once: callers get what the trunk says for `noBackend`, or wait for `timeouts.backend` of each backend.',
      },
    },
  },
}
