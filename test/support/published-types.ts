import { readFileSync } from 'node:fs'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'

/**
 * What is wrong with the types of each entry point of a packed package, for TypeScript with
 * `moduleResolution` node10, node16 (as a CommonJS and as an ES module) and bundler.
 */
export async function faultsOfTypes(tarball: string): Promise<{ entryPoints: string[]; faults: string[] }> {
  const result = await checkPackage(createPackageFromTarballData(readFileSync(tarball)))
  if (result.types === false) return { entryPoints: [], faults: ['the package has no types'] }
  return {
    entryPoints: Object.keys(result.entrypoints),
    faults: result.problems.map((problem) => JSON.stringify(problem)),
  }
}
