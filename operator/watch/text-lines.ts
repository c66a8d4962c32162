/** Finds the line of each position in a text. The first call searches the text for line ends. */
export interface TextLines {
  /** The line number, counted from 1. */
  lineAt(offset: number): number
}

export function createTextLines(text: string): TextLines {
  let starts: number[] | undefined
  return {
    lineAt(offset) {
      starts ??= lineStarts(text)
      let [low, high] = [0, starts.length]
      while (low < high) {
        const middle = (low + high) >> 1
        if ((starts[middle] ?? 0) <= offset) low = middle + 1
        else high = middle
      }
      return Math.max(low, 1)
    },
  }
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}
