// The OpenID provider of the system tests: JWT access tokens by client credentials, over HTTPS.
//
//   node provider.mjs ISSUER_URL CERT.pem KEY.pem JWKS.json [CLIENTS.json [no-nonces]]
//
// The client's name is the person's: client `alice` with secret `alice` gets tokens with sub and preferred_username
// alice. A request chooses the rest by headers: x-alg (RS256), x-ttl (seconds), x-claims (JSON, merged in last).
// `resource` names the audience. CLIENTS.json holds further clients (RFC 7591 metadata), for device code, refresh tokens
// and private_key_jwt; one whose name begins with `nonce` must put a nonce into its DPoP proofs. AUTH_METHODS in
// the environment: the ways in which clients may prove themselves. Prints "ready" when it listens.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import Provider, { errors } from 'oidc-provider';

// What the grants of oidc-provider itself use; it exports neither.
const inside = new URL('lib/', import.meta.resolve('oidc-provider').replace(/lib\/index\.js$/, ''));
const { default: dpopValidate } = await import(new URL('helpers/validate_dpop.js', inside));
const { default: checkResource } = await import(new URL('shared/check_resource.js', inside));

const [issuer, certFile, keyFile, jwksFile, clientsFile, noNonces] = process.argv.slice(2);
const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
const people = ['alice', 'bob', 'mallory', 'root', 'nobody-here'];

const provider = new Provider(issuer, {
        jwks: JSON.parse(readFileSync(jwksFile, 'utf8')),
        clients: [
                ...people.map((name) => ({ client_id: name, client_secret: name, grant_types: ['client_credentials', exchange] })),
                ...(clientsFile ? JSON.parse(readFileSync(clientsFile, 'utf8')) : []),
        ].map((client) => ({ redirect_uris: [], response_types: [], ...client })),
        clientDefaults: { id_token_signed_response_alg: 'RS256' },
        enabledJWA: { dPoPSigningAlgValues: ['RS256', 'ES256', 'ES384', 'ES512', 'EdDSA'] },
        clientAuthMethods: (process.env.AUTH_METHODS ?? 'client_secret_basic client_secret_post private_key_jwt none').split(' '),
        cookies: { keys: ['for tests only'] },
        scopes: ['openid', 'offline_access'],
        features: {
                devInteractions: { enabled: Boolean(clientsFile) },
                deviceFlow: { enabled: true },
                dPoP: {
                        enabled: true,
                        nonceSecret: noNonces ? undefined : Buffer.alloc(32, 'nonce'),
                        requireNonce: (ctx) => ctx.oidc.client.clientId.startsWith('nonce'),
                },
                clientCredentials: { enabled: true },
                resourceIndicators: {
                        enabled: true,
                        getResourceServerInfo: (ctx, resource) => ({
                                scope: '',
                                audience: resource,
                                accessTokenFormat: 'jwt',
                                accessTokenTTL: Number(ctx.get('x-ttl') || 300),
                                jwt: { sign: { alg: ctx.get('x-alg') || 'RS256' } },
                        }),
                },
        },
        extraTokenClaims: (ctx, token) => ({
                preferred_username: token.accountId ?? token.clientId,
                ...JSON.parse(ctx.get('x-claims') || '{}'),
        }),
});

// RFC 8693 as much as a test needs: a JWT of this provider becomes one for another audience, bound to the proof's key.
async function exchangeHandler(ctx, next) {
        const { params, client, provider: { ClientCredentials } } = ctx.oidc;
        const [, body] = (params.subject_token ?? '').split('.');
        const subject = JSON.parse(Buffer.from(body ?? '', 'base64url').toString() || '{}');
        if (subject.iss !== issuer || subject.exp < Date.now() / 1000) {
                throw new errors.InvalidGrant('the subject token is not good');
        }
        const proof = await dpopValidate(ctx);
        await checkResource(ctx, () => {});
        const token = new ClientCredentials({ client });
        [token.resourceServer] = Object.values(ctx.oidc.resourceServers);
        token.extra = { act: { sub: client.clientId } };
        if (proof) token.setThumbprint('jkt', proof.thumbprint);
        ctx.oidc.entity('ClientCredentials', token);
        ctx.body = {
                access_token: await token.save(),
                issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
                expires_in: token.expiration,
                token_type: token.tokenType,
        };
        await next();
}
const parameters = ['audience', 'resource', 'scope', 'requested_token_type', 'subject_token', 'subject_token_type'];
provider.registerGrantType(exchange, exchangeHandler, parameters, ['audience', 'resource']);

const url = new URL(issuer);
createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, provider.callback())
        .listen(Number(url.port || 443), '127.0.0.1', () => console.log('ready'));
