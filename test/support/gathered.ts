/** Everything that comes, in order, once it has ended. */
export async function gathered<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const each of source) all.push(each)
  return all
}
