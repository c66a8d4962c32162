import { MAX_UNVOUCHED_TRANSACTIONS, MAX_UNVOUCHED_TRANSACTIONS_PER_DIALOG } from '../limits.ts'
import type { ServerTransaction } from './transaction/server-transaction.ts'

/**
 * Transactions of sources for which only a dialog cookie vouches. Many senders may have the same cookie. No sender may fill the
 * table.
 */
export interface UnvouchedTransactions {
  /** Whether one more transaction would be too many for this dialog, or in all. */
  full(callId: string): boolean
  enter(transaction: ServerTransaction, callId: string): void
  /** Does nothing for a transaction that was not entered. */
  leave(transaction: ServerTransaction): void
}

export function createUnvouchedTransactions(): UnvouchedTransactions {
  const dialogs = new Map<ServerTransaction, string>()
  const counts = new Map<string, number>()
  return {
    full: (callId) =>
      dialogs.size >= MAX_UNVOUCHED_TRANSACTIONS || (counts.get(callId) ?? 0) >= MAX_UNVOUCHED_TRANSACTIONS_PER_DIALOG,
    enter: (transaction, callId) => {
      dialogs.set(transaction, callId)
      counts.set(callId, (counts.get(callId) ?? 0) + 1)
    },
    leave: (transaction) => {
      const callId = dialogs.get(transaction)
      if (callId === undefined) return
      dialogs.delete(transaction)
      const left = (counts.get(callId) ?? 0) - 1
      if (left > 0) counts.set(callId, left)
      else counts.delete(callId)
    },
  }
}
