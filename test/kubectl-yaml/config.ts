/** Whether what kubectl makes of the cases is to be kept anew. */
export function updatesReading(): boolean {
  return process.env['UPDATE_GOLDEN'] === '1'
}
