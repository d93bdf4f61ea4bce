// The OpenID provider of the system tests: JWT access tokens by client credentials, over HTTPS.
//
//   node provider.mjs ISSUER_URL CERT.pem KEY.pem JWKS.json
//
// The client's name is the person's: client `alice` with secret `alice` gets tokens with sub and preferred_username
// alice. A request chooses the rest by headers: x-alg (RS256), x-ttl (seconds), x-claims (JSON, merged in last).
// `resource` names the audience. Prints "ready" when it listens.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import Provider from 'oidc-provider';

const [issuer, certFile, keyFile, jwksFile] = process.argv.slice(2);
const people = ['alice', 'bob', 'mallory', 'root', 'nobody-here'];

const provider = new Provider(issuer, {
        jwks: JSON.parse(readFileSync(jwksFile, 'utf8')),
        clients: people.map((name) => ({
                client_id: name,
                client_secret: name,
                grant_types: ['client_credentials'],
                redirect_uris: [],
                response_types: [],
        })),
        clientDefaults: { id_token_signed_response_alg: 'RS256' },
        features: {
                devInteractions: { enabled: false },
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
                preferred_username: token.clientId,
                ...JSON.parse(ctx.get('x-claims') || '{}'),
        }),
});

const url = new URL(issuer);
createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, provider.callback())
        .listen(Number(url.port || 443), '127.0.0.1', () => console.log('ready'));
