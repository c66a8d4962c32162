/** The oldest version of drachtio-server with which this engine works. It is the first version that answers a ping. */
export const OLDEST_SERVER = 'v0.8.2'

const OLDEST = numbersOf(OLDEST_SERVER) ?? []

/** Whether a version, such as `v0.9.10` or `0.9.10-rc1`, is at least `OLDEST_SERVER`. If it cannot be read, false. */
export function isRecentServer(version: string): boolean {
  const numbers = numbersOf(version)
  if (!numbers) return false
  for (const [place, oldest] of OLDEST.entries()) {
    const number = numbers[place] ?? 0
    if (number !== oldest) return number > oldest
  }
  return true
}

function numbersOf(version: string): readonly number[] | undefined {
  const found = /^v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?!\d)/.exec(version)
  return found?.slice(1).map(Number)
}
