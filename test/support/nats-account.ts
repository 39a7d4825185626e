import { nkeys } from '@nats-io/transport-node'

type KeyPair = ReturnType<typeof nkeys.createUser>

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A claim about `subject`, signed by `issuer`, in the form of NATS (ADR-14). */
function signed(issuer: KeyPair, subject: KeyPair, { name, nats }: { name: string; nats: object }): string {
  const claims = { jti: name, iat: 0, iss: issuer.getPublicKey(), name, sub: subject.getPublicKey(), nats }
  const text = `${encoded({ typ: 'JWT', alg: 'ed25519-nkey' })}.${encoded(claims)}`
  return `${text}.${Buffer.from(issuer.sign(Buffer.from(text))).toString('base64url')}`
}

/**
 * A new operator with one account and one user: the settings of a server of this operator, and the
 * credentials file of the user.
 */
export function createNatsAccount(): { settings: string; credentials: string } {
  const [operator, account, user] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createUser()]
  const ofOperator = signed(operator, operator, { name: 'operator', nats: { type: 'operator', version: 2 } })
  const limits = {
    subs: -1,
    data: -1,
    payload: -1,
    conn: -1,
    leaf: -1,
    imports: -1,
    exports: -1,
    wildcards: true,
  }
  const ofAccount = signed(operator, account, {
    name: 'account',
    nats: { type: 'account', version: 2, limits },
  })
  const ofUser = signed(account, user, {
    name: 'user',
    nats: { type: 'user', version: 2, pub: {}, sub: {}, subs: -1, data: -1, payload: -1 },
  })
  return {
    settings: `operator: ${ofOperator}\nresolver: MEMORY\nresolver_preload: { ${account.getPublicKey()}: ${ofAccount} }`,
    credentials: [
      '-----BEGIN NATS USER JWT-----',
      ofUser,
      '------END NATS USER JWT------',
      '',
      '-----BEGIN USER NKEY SEED-----',
      Buffer.from(user.getSeed()).toString(),
      '------END USER NKEY SEED------',
      '',
    ].join('\n'),
  }
}
