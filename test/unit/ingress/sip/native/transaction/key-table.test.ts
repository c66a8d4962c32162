import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { KeyTable } from '../../../../../../ingress/sip/native/transaction/key-table.ts'
import { TransactionKey } from '../../../../../../ingress/sip/native/transaction/transaction-key.ts'

/** A key with this text. Few hashes: many keys share one, and many want neighbouring slots, also at the end of the table. */
function keyOf(text: string, hashes: number): TransactionKey {
  const key = new TransactionKey(7)
  key.begin()
  key.addText(text)
  key.finish()
  key.hash = hashes === 0 ? key.hash : (key.hash % hashes) - 1
  return key
}

interface Step {
  readonly add: boolean
  readonly number: number
}

const steps = fc.array(fc.record({ add: fc.boolean(), number: fc.nat(60) }), { maxLength: 300 })
const LONG = 'x'.repeat(300)
const textOf = (number: number): string => (number % 7 === 0 ? `${LONG}${number}` : `key ${number}`)

/** Does the steps with a table and with a Map, and compares what they know. */
function compare(hashes: number, done: readonly Step[]): void {
  const table = new KeyTable<number>()
  const places = new Map<number, number>()
  for (const { add, number } of done) {
    const key = keyOf(textOf(number), hashes)
    const place = places.get(number)
    if (add && place === undefined) places.set(number, table.add(key, number))
    if (!add && place !== undefined) {
      table.remove(place)
      places.delete(number)
    }
  }
  for (let number = 0; number <= 60; number++)
    expect(table.get(keyOf(textOf(number), hashes))).toBe(places.has(number) ? number : undefined)
  const values: number[] = []
  table.forEach((value) => {
    values.push(value)
  })
  expect(values.toSorted((a, b) => a - b)).toEqual([...places.keys()].toSorted((a, b) => a - b))
  expect(table.size).toBe(places.size)
}

describe('the table of keys', () => {
  it.each([0, 1, 2, 8])('knows what a Map knows (%s hashes)', (hashes) => {
    fc.assert(fc.property(steps, (done) => compare(hashes, done)))
  })

  it('grows, and uses the memory of removed keys again', () => {
    const table = new KeyTable<number>()
    const places = Array.from({ length: 5000 }, (_, number) => table.add(keyOf(`${number}`, 0), number))
    expect(new Set(places).size).toBe(5000)
    for (const place of places.slice(0, 4000)) table.remove(place)
    const again = Array.from({ length: 4000 }, (_, number) => table.add(keyOf(`again ${number}`, 0), number))
    expect(Math.max(...again)).toBeLessThanOrEqual(Math.max(...places))
    expect([table.get(keyOf('17', 0)), table.get(keyOf('4017', 0)), table.get(keyOf('again 17', 0))]).toEqual([
      undefined,
      4017,
      17,
    ])
    expect(table.size).toBe(5000)
  })
})
