import { MAX_CLIENT_TRANSACTIONS, MAX_SERVER_TRANSACTIONS } from '../../limits.ts'
import type { ClientTransaction } from './client-transaction.ts'
import type { ServerTransaction } from './server-transaction.ts'

interface TransactionTableLimits {
  readonly servers: number
  readonly clients: number
}

const LIMITS: TransactionTableLimits = { servers: MAX_SERVER_TRANSACTIONS, clients: MAX_CLIENT_TRANSACTIONS }

/**
 * The open transactions by key. The number of transactions is limited. Whoever adds a transaction must remove it in
 * `onTerminated`.
 */
export class TransactionTable<M> {
  readonly #servers = new Map<string, ServerTransaction>()
  readonly #clients = new Map<string, ClientTransaction<M>>()
  readonly #limits: TransactionTableLimits

  constructor(limits = LIMITS) {
    this.#limits = limits
  }

  server(key: string): ServerTransaction | undefined {
    return this.#servers.get(key)
  }

  client(key: string): ClientTransaction<M> | undefined {
    return this.#clients.get(key)
  }

  /** Whether the table has no room for another server transaction. To be asked before a transaction is made. */
  get serversFull(): boolean {
    return this.#servers.size >= this.#limits.servers
  }

  /** Whether the table has no room for another client transaction. To be asked before a transaction is made. */
  get clientsFull(): boolean {
    return this.#clients.size >= this.#limits.clients
  }

  /**
   * Adds a transaction and returns true. If the table is full, or has another transaction with the same key, adds nothing and
   * returns false.
   */
  addServer(transaction: ServerTransaction): boolean {
    if (this.serversFull || this.#servers.has(transaction.key)) return false
    this.#servers.set(transaction.key, transaction)
    return true
  }

  /**
   * Adds a transaction and returns true. If the table is full, or has another transaction with the same key, adds nothing and
   * returns false.
   */
  addClient(transaction: ClientTransaction<M>): boolean {
    if (this.clientsFull || this.#clients.has(transaction.key)) return false
    this.#clients.set(transaction.key, transaction)
    return true
  }

  /** Removes this transaction. Does nothing if the table has another transaction under its key, or none. */
  removeServer(transaction: ServerTransaction): void {
    if (this.#servers.get(transaction.key) === transaction) this.#servers.delete(transaction.key)
  }

  /** Removes this transaction. Does nothing if the table has another transaction under its key, or none. */
  removeClient(transaction: ClientTransaction<M>): void {
    if (this.#clients.get(transaction.key) === transaction) this.#clients.delete(transaction.key)
  }

  /** The number of open transactions. */
  get open(): number {
    return this.#servers.size + this.#clients.size
  }

  /** The number of transactions for which a shutdown must wait. `now`: the time on the clock. Looks at every transaction. */
  unfinished(now: number): number {
    let count = 0
    for (const transaction of this.#servers.values()) if (transaction.unfinished(now)) count++
    for (const transaction of this.#clients.values()) if (transaction.unfinished) count++
    return count
  }
}
