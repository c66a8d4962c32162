/** Requests inside a dialog: where they may go. There is no open relay. */
import { type IpAddress, parseIpPrefix, prefixContains, sameAddress } from '../address/ip-address.ts'
import type { LiveTable } from '../lookup/live-table.ts'
import type { DialogCookie, DialogHop, InboundDialogRequest } from '../sip/engine.ts'
import { backendEdits, callerEdits } from './asserted-identity.ts'
import { readDialogData } from './dialog-data.ts'

/**
 * A request without a valid cookie is never relayed. The caller's side reaches backends only. The backend's side reaches
 * whom it names where it comes from a backend; from elsewhere, as behind an address that is translated, only the caller.
 * Any other target, and a name, gives way to the one signed into the cookie.
 */
export function handleInDialog(request: InboundDialogRequest, table: LiveTable): void {
  const { dialog, nextHop } = request
  if (!dialog) return request.refuse({ status: 481, reason: 'Call/Transaction Does Not Exist' })
  // A call that has passed us twice is inside the trust domain if it was each time.
  const passes = [dialog.dialogData, ...(dialog.otherDialogData ?? [])]
  const callerTrusted = passes.every((data) => readDialogData(data).callerTrusted)
  const edits = dialog.from === 'caller' ? callerEdits(callerTrusted) : backendEdits(callerTrusted, request)
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

/** A stranger who got hold of a backend's cookie must not choose who is called by it. */
function isCallerSide(hop: DialogHop, { request, dialog, table }: Asking): boolean {
  const { signedTarget, routeTarget } = dialog
  // A Contact seldom names the port that a connection came from.
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
