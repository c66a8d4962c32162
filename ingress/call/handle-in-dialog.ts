/** Requests inside a dialog: where they may go. There is no open relay. */
import { parseIpPrefix, prefixContains, sameAddress } from '../address/ip-address.ts'
import type { LiveTable } from '../lookup/live-table.ts'
import type { DialogCookie, DialogHop, InboundDialogRequest } from '../sip/engine.ts'
import { backendEdits, callerEdits } from './asserted-identity.ts'
import { readDialogData } from './dialog-data.ts'

/**
 * A request without a valid cookie is never relayed. The backend's side reaches whom it names, as the route set says;
 * the caller's side reaches backends only: any other target, and a name, gives way to the one signed into the cookie.
 */
export function handleInDialog(request: InboundDialogRequest, table: LiveTable): void {
  const { dialog, nextHop } = request
  if (!dialog) return request.refuse({ status: 481, reason: 'Call/Transaction Does Not Exist' })
  const free = dialog.from === 'backend' || (nextHop !== undefined && isBackendSide(nextHop, dialog, table))
  const { callerTrusted } = readDialogData(dialog.dialogData)
  const edits = dialog.from === 'caller' ? callerEdits(callerTrusted) : backendEdits(callerTrusted, request)
  request.relay(nextHop !== undefined && free ? nextHop : dialog.signedTarget, edits)
}

function isBackendSide(hop: DialogHop, dialog: DialogCookie, table: LiveTable): boolean {
  const { address, port } = dialog.signedTarget
  if (sameAddress(hop.address, address) && hop.port === port) return true
  if (table.isBackend(hop.address, hop.port)) return true
  const action = table.rule(readDialogData(dialog.dialogData).rule)?.action
  if (action?.type !== 'Route') return false
  return action.contactNetworks.some((network) => {
    const prefix = parseIpPrefix(network)
    return prefix !== undefined && prefixContains(prefix, hop.address)
  })
}
