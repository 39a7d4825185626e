/**
 * Milliseconds on a clock that all processes of this machine share, so that times of different processes can
 * be compared.
 */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
