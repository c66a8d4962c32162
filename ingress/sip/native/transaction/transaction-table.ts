import { MAX_CLIENT_TRANSACTIONS, MAX_SERVER_TRANSACTIONS } from '../../limits.ts'
import type { ClientTransaction, ClientTransactionUser } from './client-transaction.ts'
import { KeyTable } from './key-table.ts'
import type { ServerTransaction } from './server-transaction.ts'
import { TransactionKey, writeOwnKey } from './transaction-key.ts'

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
  readonly #servers = new KeyTable<ServerTransaction>()
  readonly #clients = new KeyTable<ClientTransaction<M>>()
  readonly #limits: TransactionTableLimits
  readonly #seed: number
  readonly #clientKey: TransactionKey
  /** The user of a client transaction whose responses nobody needs any more. It only removes the transaction from this table. */
  readonly absorber: ClientTransactionUser<M> = {
    onResponse: () => undefined,
    onTimeout: () => undefined,
    onTransportError: () => undefined,
    onTerminated: (transaction) => this.removeClient(transaction),
  }

  /**
   * `seed`: a random number. With it, nobody outside can choose many keys with the same hash, which would make searches slow.
   */
  constructor(seed: number, limits = LIMITS) {
    this.#seed = seed
    this.#limits = limits
    this.#clientKey = this.newKey()
  }

  /** Memory in which the keys of this table can be written. */
  newKey(): TransactionKey {
    return new TransactionKey(this.#seed)
  }

  server(key: TransactionKey): ServerTransaction | undefined {
    return this.#servers.get(key)
  }

  client(key: TransactionKey): ClientTransaction<M> | undefined {
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
   * returns false. The bytes of the key are copied.
   */
  addServer(key: TransactionKey, transaction: ServerTransaction): boolean {
    if (this.serversFull || this.#servers.get(key) !== undefined) return false
    transaction.place = this.#servers.add(key, transaction)
    return true
  }

  /**
   * Adds a transaction and returns true. If the table is full, or has another transaction with the same branch parameter and
   * method, adds nothing and returns false.
   */
  addClient(transaction: ClientTransaction<M>, branch: string, method: string): boolean {
    const key = writeOwnKey(this.#clientKey, branch, method)
    if (this.clientsFull || this.#clients.get(key) !== undefined) return false
    transaction.place = this.#clients.add(key, transaction)
    return true
  }

  /** Removes this transaction. Does nothing if the table does not have it. */
  removeServer(transaction: ServerTransaction): void {
    if (transaction.place !== 0) this.#servers.remove(transaction.place)
    transaction.place = 0
  }

  /** Removes this transaction. Does nothing if the table does not have it. */
  removeClient(transaction: ClientTransaction<M>): void {
    if (transaction.place !== 0) this.#clients.remove(transaction.place)
    transaction.place = 0
  }

  forEachServer(use: (transaction: ServerTransaction) => void): void {
    this.#servers.forEach(use)
  }

  /** The number of open transactions. */
  get open(): number {
    return this.#servers.size + this.#clients.size
  }

  /** The number of transactions for which a shutdown must wait. `now`: the time on the clock. Looks at every transaction. */
  unfinished(now: number): number {
    let count = 0
    this.#servers.forEach((transaction) => {
      if (transaction.unfinished(now)) count++
    })
    this.#clients.forEach((transaction) => {
      if (transaction.unfinished) count++
    })
    return count
  }
}
