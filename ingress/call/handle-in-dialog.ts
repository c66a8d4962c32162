/**
 * Decides to which hop an in-dialog request may be relayed. Without this decision, strangers could send packets through the
 * ingress to any address they choose.
 */
import { type IpAddress, parseIpPrefix, prefixContains, sameAddress } from '../address/ip-address.ts'
import type { LiveTable } from '../lookup/live-table.ts'
import { CALL_DOES_NOT_EXIST } from '../sip/port/answers.ts'
import type { DialogCookie, DialogHop, InboundDialogRequest, RelayEdits } from '../sip/port/engine.ts'
import { backendEdits, callerEdits } from './asserted-identity.ts'
import { type DialogData, readDialogData } from './dialog-data.ts'
import { headerEdits, markedNames, type RuleHeaders, ruleHeaders } from './rule-headers.ts'
import type { TemplateValues } from './template.ts'

/**
 * Relays or refuses an in-dialog request. A request without a valid cookie is refused. A request of the caller's side
 * reaches only backends. A request of the backend's side that comes from a backend reaches every address that it names.
 * From another address, such as a NAT, such a request reaches only the caller. If a request names a target that it may not
 * reach, or a host name, it is relayed to the target that is signed into the cookie.
 */
export function handleInDialog(request: InboundDialogRequest, table: LiveTable): void {
  const { dialog, nextHop } = request
  if (!dialog) return request.refuse(CALL_DOES_NOT_EXIST)
  // A call may pass through us twice. Then the cookie has data of each pass. The pass nearest to the target comes first.
  const passes = [readDialogData(dialog.dialogData)]
  if (dialog.otherDialogData) passes.push(...dialog.otherDialogData.map(readDialogData))
  const edits =
    dialog.from === 'caller' ? callerSideEdits(passes, request, table) : backendEdits(passes.every(isTrusted), request)
  const follows = dialog.from === 'caller' ? isBackendSide : isCallerSide
  request.relay(nextHop && follows(nextHop, { request, dialog, table }) ? nextHop : dialog.signedTarget, edits)
}

interface Asking {
  readonly request: InboundDialogRequest
  readonly dialog: DialogCookie
  readonly table: LiveTable
}

function isBackendSide(hop: DialogHop, { dialog, table }: Asking): boolean {
  const { address, port } = dialog.signedTarget
  if (sameAddress(hop.address, address) && hop.port === port) return true
  return table.isBackend(hop.address, hop.port) || isContactNetwork(hop.address, dialog, table)
}

/**
 * The header changes for a request of the caller's side. Every such request gets the changes that the rule has now, with
 * the values of the first INVITE. The rule may have named other headers at the first INVITE, or it may no longer exist.
 * Headers that it named at the first INVITE are removed too, so that the caller's own values never reach the backend.
 */
function callerSideEdits(passes: readonly DialogData[], request: InboundDialogRequest, table: LiveTable): RelayEdits {
  const edits = callerEdits(passes.every(isTrusted))
  const [first] = passes
  const only = first && passes.length === 1 ? ruleEdits(first, request, table) : undefined
  // Nearly every call passes once, and most rules change no header.
  if (only === NO_EDITS) return edits
  const said = only ? [only] : passes.map((data) => ruleEdits(data, request, table))
  if (said.every(isNothing)) return edits
  const spoken = new Set<string>()
  const setHeaders = said.flatMap((one) => {
    const own = one.setHeaders.filter(({ name }) => !spoken.has(name.toLowerCase()))
    for (const name of [...one.removeHeaders, ...one.setHeaders.map((field) => field.name)])
      spoken.add(name.toLowerCase())
    return own
  })
  return { ...edits, setHeaders, removeHeaders: [...edits.removeHeaders, ...said.flatMap((one) => one.removeHeaders)] }
}

/**
 * Whether the caller was trusted in one pass. A call is inside the trust domain only if the caller was trusted in every
 * pass.
 */
function isTrusted({ callerTrusted }: DialogData): boolean {
  return callerTrusted
}

function isNothing(edits: RuleEdits): boolean {
  return edits === NO_EDITS
}

type RuleEdits = Pick<RelayEdits, 'setHeaders' | 'removeHeaders'>

function ruleEdits(data: DialogData, request: InboundDialogRequest, table: LiveTable): RuleEdits {
  const action = table.rule(data.rule)?.action
  const now = action?.type === 'Route' ? ruleHeaders(action) : undefined
  if (!now && !data.headers) return NO_EDITS
  const { setHeaders, removeHeaders } = now ? headerEdits(now, valuesOf(data)) : NO_EDITS
  return { setHeaders, removeHeaders: [...removeHeaders, ...promisedNames(data, now, request)] }
}

const NO_EDITS: RuleEdits = { setHeaders: [], removeHeaders: [] }

function valuesOf({ rule, headers }: DialogData): TemplateValues {
  return { rule, trunk: headers?.trunk, called: headers?.called, calling: headers?.calling }
}

function promisedNames({ headers }: DialogData, now: RuleHeaders | undefined, request: InboundDialogRequest): string[] {
  return headers && headers.marks !== now?.marks ? markedNames(request.headerNames(), headers.marks) : []
}

/**
 * Whether a request of the backend's side may be relayed to the hop. A stranger who has obtained a backend's cookie must
 * not be able to choose the target.
 */
function isCallerSide(hop: DialogHop, { request, dialog, table }: Asking): boolean {
  const { signedTarget, routeTarget } = dialog
  // The port is not compared, because the port in a Contact is seldom the port from which a connection came.
  if (sameAddress(hop.address, signedTarget.address)) return true
  if (routeTarget && sameAddress(hop.address, routeTarget.address) && hop.port === routeTarget.port) return true
  const { address } = request.peer
  return table.isBackend(address) || isContactNetwork(address, dialog, table)
}

function isContactNetwork(address: IpAddress, dialog: DialogCookie, table: LiveTable): boolean {
  const action = table.rule(readDialogData(dialog.dialogData).rule)?.action
  if (action?.type !== 'Route') return false
  return action.contactNetworks.some((network) => {
    const prefix = parseIpPrefix(network)
    return prefix !== undefined && prefixContains(prefix, address)
  })
}
