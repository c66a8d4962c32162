/**
 * What happens to unknown fields. By default the API server drops them. If it drops a condition of a rule, the rule matches
 * more calls than its author intended. So the schema keeps unknown fields, and an admission policy refuses a change that adds
 * one.
 */
import type { StructuralSchema } from './structural-schema.ts'

const KEEP = { 'x-kubernetes-preserve-unknown-fields': true } as const

/** Changes a schema so that the API server keeps unknown fields in every object of the schema. */
export function keepingUnknown(schema: StructuralSchema): StructuralSchema {
  const { properties, items } = schema
  const inner = Object.entries(properties ?? {}).map(([name, field]) => [name, keepingUnknown(field)] as const)
  return {
    ...schema,
    ...(properties ? { properties: Object.fromEntries(inner), ...KEEP } : {}),
    ...(items ? { items: keepingUnknown(items) } : {}),
  }
}

/** The names of the resource that a policy protects. */
export interface PolicyTarget {
  readonly group: string
  readonly version: string
  readonly plural: string
}

/**
 * Returns a policy and its binding. The policy refuses an object with a field that `root` does not have. If the stored object
 * already has this field, other parts of the object can still be changed. This is necessary, because other clients must change
 * the object's finalizers and labels.
 */
export function unknownFieldPolicy({ group, version, plural }: PolicyTarget, root: StructuralSchema): object[] {
  const name = `${plural}.${group}`
  const rule = { apiGroups: [group], apiVersions: [version], operations: ['CREATE', 'UPDATE'], resources: [plural] }
  const policy = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: {
      // If the policy itself fails, the object is let through. The operator then refuses an object with unknown fields.
      failurePolicy: 'Ignore',
      matchConstraints: { resourceRules: [rule] },
      variables: [
        {
          name: 'unknown',
          expression: `[object, oldObject].map(it, it == null ? [] : ${unknownFields(root)})`,
        },
      ],
      validations: [
        {
          expression: `variables.unknown[0].all(texts, texts.all(text, ${WAS_THERE}))`,
          messageExpression: `variables.unknown[0].map(texts, texts.filter(text, !${WAS_THERE}).join('; ')).filter(told, told != '').join('; ')`,
          reason: 'Invalid',
        },
      ],
    },
  }
  const binding = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name },
    spec: { policyName: name, validationActions: ['Deny'] },
  }
  return [policy, binding]
}

/** CEL: whether the object already had the unknown field before the change. */
const WAS_THERE = 'variables.unknown[1].exists(before, text in before)'

/**
 * CEL: returns a list of texts for each object in `it` that has unknown fields. The operator and `lint` report unknown fields
 * in the same words.
 */
function unknownFields(root: StructuralSchema): string {
  const places = placesOf({ schema: root, value: 'it', path: '' })
  const lists = [`[${places.objects.join(', ')}].filter(place, ${hasUnknown('place.value', 'place.known')})`]
  const names = 'place.value.filter(name, !(name in place.known))'
  const texts = `${names}.map(name, place.at + name + ': unknown field (expected ' + ${EXPECTED} + ')')`
  return `(${[...lists, ...places.entries].join(' + ')}).map(place, ${texts})`
}

/** CEL: how many letters `name` has that `other` does not have. A letter counts as often as it occurs. */
function lettersOver(name: string, other: string): string {
  const count = (text: string): string => `${text}.lowerAscii().split(letter).size()`
  return `'abcdefghijklmnopqrstuvwxyz'.split('').map(letter, [0, ${count(name)} - ${count(other)}].max()).sum()`
}

/** CEL: the distance of two names. The order of letters does not count. A typing error gives a distance of at most 2. */
const DISTANCE = `[${lettersOver('one', 'name')}, ${lettersOver('name', 'one')}].max()`

/** CEL: the known name that the writer probably meant. If no known name is similar, all known names. */
const EXPECTED = [
  `([0, 1, 2].map(distance, place.known.filter(one, ${DISTANCE} == distance))`,
  ".filter(near, near.size() > 0).map(near, near[0]) + ['one of ' + place.known.join(', ')])[0]",
].join('')

/** One object of a schema, and the CEL expression that reads this object. */
interface Place {
  readonly schema: StructuralSchema
  /** The CEL expression of the object. Its value is empty if the object is absent. */
  readonly value: string
  /** The text before the names of the object's fields, such as `spec.match.called[].`. */
  readonly path: string
}

/**
 * The CEL expressions that the policy checks. `objects`: one expression for each object that is not inside a list. `entries`:
 * each expression gives a list of the entries with unknown fields.
 */
interface Places {
  readonly objects: readonly string[]
  readonly entries: readonly string[]
}

function placesOf(place: Place): Places {
  const fields = Object.entries(place.schema.properties ?? {})
  const inner = fields.map(([name, schema]): Places => {
    const value = `${place.value.replace('.orValue({})', '')}.?${name}`
    const path = `${place.path}${name}`
    if (keeps(schema)) return placesOf({ schema, value: `${value}.orValue({})`, path: `${path}.` })
    const { items } = schema
    if (!items || !keeps(items)) return { objects: [], entries: [] }
    return { objects: [], entries: entriesOf({ schema: items, value: `${value}.orValue([])`, path: `${path}[].` }) }
  })
  return {
    objects: [described(place, `'${place.path}'`), ...inner.flatMap(({ objects }) => objects)],
    entries: inner.flatMap(({ entries }) => entries),
  }
}

/**
 * Returns CEL expressions that find those entries of a list that have unknown fields. The place of an entry is computed only if
 * the entry has an unknown field.
 */
function entriesOf({ schema, value: list, path }: Place): string[] {
  const fields = Object.entries(schema.properties ?? {}).filter(([, field]) => keeps(field))
  const inner = fields.map(([name, field]) => {
    return { schema: field, value: `entry.?${name}.orValue({})`, path: `${path}${name}.` }
  })
  return [{ schema, value: 'entry', path }, ...inner].map((one) => {
    const at = `'${one.path.replace('[]', `[' + string(${list}.indexOf(entry)) + ']`)}'`
    return `${list}.filter(entry, ${hasUnknown(one.value, knownNames(one.schema))}).map(entry, ${described(one, at)})`
  })
}

/**
 * Whether the schema keeps unknown fields. In metadata and status it does not, because these parts belong to the API server.
 */
function keeps(schema: StructuralSchema): boolean {
  return schema['x-kubernetes-preserve-unknown-fields'] === true
}

function hasUnknown(value: string, known: string): string {
  return `!${value}.all(name, name in ${known})`
}

function described({ value, schema }: Place, at: string): string {
  return `{'at': dyn(${at}), 'value': dyn(${value}), 'known': dyn(${knownNames(schema)})}`
}

function knownNames({ properties = {} }: StructuralSchema): string {
  const names = Object.keys(properties).map((name) => `'${name}'`)
  return `[${names.join(', ')}]`
}
