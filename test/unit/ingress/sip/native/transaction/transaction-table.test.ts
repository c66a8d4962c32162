import { describe, expect, it } from '@jest/globals'
import { TransactionKey } from '../../../../../../ingress/sip/native/transaction/transaction-key.ts'
import { TransactionTable } from '../../../../../../ingress/sip/native/transaction/transaction-table.ts'
import { ClientBench } from '../../../../../support/client-transaction-bench.ts'
import { ServerBench } from '../../../../../support/server-transaction-bench.ts'

const server = () => new ServerBench({ kind: 'invite', reliable: false }).transaction
const client = () => new ClientBench({ kind: 'invite', reliable: false }).transaction

/** Adds an INVITE with this branch parameter. */
function addClient(table: TransactionTable<string>, branch: string, transaction = client()): boolean {
  return table.addClient(transaction, branch, 'INVITE')
}

/** The key of an INVITE with this branch parameter. */
const clientKey = (branch: string): TransactionKey => keyOf(`${branch}\nINVITE`)

/** A key with this text. */
function keyOf(text: string): TransactionKey {
  const key = new TransactionKey(1)
  key.begin()
  key.addText(text)
  return key.finish()
}

describe('the transaction table', () => {
  it('finds the transactions that were added, each among its own', () => {
    const table = new TransactionTable<string>(1)
    const [incoming, outgoing] = [server(), client()]
    expect([table.addServer(keyOf('in'), incoming), addClient(table, 'out', outgoing)]).toEqual([true, true])
    expect(table.server(keyOf('in'))).toBe(incoming)
    expect(table.client(clientKey('out'))).toBe(outgoing)
    expect(table.client(clientKey('in'))).toBeUndefined()
    expect(table.server(keyOf('out'))).toBeUndefined()
    expect(table.open).toBe(2)
  })

  it('forgets what is removed', () => {
    const table = new TransactionTable<string>(1)
    const [incoming, outgoing] = [server(), client()]
    table.addServer(keyOf('in'), incoming)
    addClient(table, 'out', outgoing)
    table.removeServer(incoming)
    table.removeClient(outgoing)
    table.removeServer(incoming)
    expect(table.server(keyOf('in'))).toBeUndefined()
    expect(table.client(clientKey('out'))).toBeUndefined()
    expect(table.open).toBe(0)
  })

  it('refuses a key that is taken, and does not remove its owner for the one it refused', () => {
    const table = new TransactionTable<string>(1)
    const [first, second] = [server(), server()]
    expect([table.addServer(keyOf('shared'), first), table.addServer(keyOf('shared'), second)]).toEqual([true, false])
    table.removeServer(second)
    expect(table.server(keyOf('shared'))).toBe(first)
    const [branch, other] = [client(), client()]
    expect([addClient(table, 'shared', branch), addClient(table, 'shared', other)]).toEqual([true, false])
    table.removeClient(other)
    expect(table.client(clientKey('shared'))).toBe(branch)
  })

  it('holds no more than its limits allow, each kind for itself, and says when it is full', () => {
    const table = new TransactionTable<string>(1, { servers: 2, clients: 1 })
    const first = server()
    expect([table.addServer(keyOf('1'), first), table.addServer(keyOf('2'), server())]).toEqual([true, true])
    expect([table.serversFull, table.clientsFull]).toEqual([true, false])
    expect(table.addServer(keyOf('3'), server())).toBe(false)
    expect([addClient(table, '1'), addClient(table, '2')]).toEqual([true, false])
    expect(table.clientsFull).toBe(true)
    table.removeServer(first)
    expect(table.serversFull).toBe(false)
    expect(table.open).toBe(2)
  })

  it('counts the transactions that still wait', () => {
    const table = new TransactionTable<string>(1)
    const waiting = new ServerBench({ kind: 'invite', reliable: false })
    table.addServer(keyOf('1'), waiting.transaction)
    table.addServer(keyOf('2'), server())
    expect(table.unfinished(0)).toBe(2)
    waiting.respond(200)
    waiting.clock.advance(30_000)
    expect(table.unfinished(waiting.clock.now())).toBe(1)
  })
})
