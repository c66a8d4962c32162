/** Whether golden files are written anew instead of compared. */
export function updatingGolden(): boolean {
  return process.env['UPDATE_GOLDEN'] === '1'
}
