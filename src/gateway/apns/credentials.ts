import { X509Certificate, type KeyObject } from 'node:crypto'
import type { Log } from '../../lib/log.ts'
import { nameOf, privateKeyIn, readSecretFile, type CredentialFile } from '../credential-file.ts'
import type { ApnsOptions } from './options.ts'

/** The identity of an app at Apple. */
export type ApnsCredentials =
  | { kind: 'token'; teamId: string; keyId: string; key: KeyObject }
  /** `pem`: the certificate and its key in one text, as in the file. */
  | { kind: 'certificate'; pem: string; topic?: string; expiresAt: number }

/** `faults`: the errors, each as a sentence. `credentials` are absent if the errors make them unusable. */
export type ApnsCredentialReport = { credentials?: ApnsCredentials; faults: string[] }

/** @throws {ConfigError} for a file that cannot be read. Errors in its content are in `faults`. */
export async function readApnsCredentials(
  options: ApnsOptions,
  { appId, log, now }: { appId: string; log: Log; now: number },
): Promise<ApnsCredentialReport> {
  if (options.certfile !== undefined) {
    const file = { appId, key: 'certfile', path: options.certfile }
    return certificateFrom(await readSecretFile(file, log), file, now)
  }
  const { keyfile = '', key_id: keyId = '', team_id: teamId = '' } = options
  const file = { appId, key: 'keyfile', path: keyfile }
  return tokenKeyFrom(await readSecretFile(file, log), file, { keyId, teamId })
}

function tokenKeyFrom(
  text: string,
  file: CredentialFile,
  { keyId, teamId }: { keyId: string; teamId: string },
): ApnsCredentialReport {
  const key = privateKeyIn(text)
  if (key === undefined) {
    return {
      faults: [`${nameOf(file)} contains no private key in PEM form; use the unchanged .p8 file from Apple.`],
    }
  }
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    return {
      faults: [
        `${nameOf(file)} contains a key that is not a P-256 key, so it is not the .p8 file of an APNs key.`,
      ],
    }
  }
  const faults = Object.entries({ key_id: keyId, team_id: teamId })
    .filter(([, id]) => !/^[A-Z0-9]{10}$/.test(id))
    .map(
      ([name]) =>
        `apps.${file.appId}.${name} must have ten characters, capital letters and digits, as Apple issues it.`,
    )
  return { credentials: { kind: 'token', teamId, keyId, key }, faults }
}

function certificateFrom(pem: string, file: CredentialFile, now: number): ApnsCredentialReport {
  const certificate = certificateIn(pem)
  const key = privateKeyIn(pem)
  const faults: string[] = []
  if (certificate === undefined) faults.push(`${nameOf(file)} contains no certificate in PEM form.`)
  if (key === undefined) {
    faults.push(
      `${nameOf(file)} contains no private key in PEM form without a password; append it to the certificate.`,
    )
  }
  if (certificate === undefined || key === undefined) return { faults }
  if (!certificate.checkPrivateKey(key)) {
    return { faults: [`${nameOf(file)}: the private key does not belong to the certificate.`] }
  }
  const expiresAt = certificate.validToDate.getTime()
  if (expiresAt <= now) {
    faults.push(`${nameOf(file)}: the certificate expired on ${dayOf(expiresAt)}; get a new one from Apple.`)
  }
  if (certificate.validFromDate.getTime() > now) {
    faults.push(
      `${nameOf(file)}: the certificate is not valid before ${dayOf(certificate.validFromDate.getTime())}.`,
    )
  }
  const topic = topicOf(certificate)
  return {
    credentials: { kind: 'certificate', pem, expiresAt, ...(topic !== undefined && { topic }) },
    faults,
  }
}

const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)

function certificateIn(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}

/** Apple puts the bundle id into the user id (UID) of the subject. */
function topicOf(certificate: X509Certificate): string | undefined {
  return /^UID=(.+)$/m.exec(certificate.subject)?.[1]
}
