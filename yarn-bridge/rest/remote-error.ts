import { type ErrorCode, MillraceError } from '../../core/errors.js';
import { addressOf, excerpt, type HttpAnswer, parseRemoteException } from '../http/index.js';

export interface RestCall {
  /** For messages: `submit application_1_0001`. */
  name: string;
  url: string;
  applicationId?: string;
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  ApplicationNotFoundException: 'APPLICATION_NOT_FOUND',
  InvalidResourceRequestException: 'INVALID_RESOURCE_REQUEST',
  AccessControlException: 'ACCESS_DENIED',
  AuthorizationException: 'ACCESS_DENIED',
  ForbiddenException: 'ACCESS_DENIED',
};

const RESOURCE_TROUBLE = /requested more (memory|cores|resource)|invalid resource request|requested resource/i;

/** YARN's refusal of a REST call. `context.exception` has Java's name for it. */
export function restError(answer: HttpAnswer, call: RestCall): MillraceError {
  const address = addressOf(call.url);
  const remote = parseRemoteException(answer.body) ?? parseXml(answer.body);
  const exception = remote?.exception ?? '';
  const context = {
    address,
    status: answer.status,
    exception,
    ...(call.applicationId !== undefined && { applicationId: call.applicationId }),
  };
  const said = remote?.message || exception || excerpt(answer.body) || 'nothing more';
  if (answer.status === 401) {
    const message = `YARN refused to ${call.name}: ${address} asks for authentication (401); Kerberos is not supported yet.`;
    return new MillraceError('AUTHENTICATION_FAILED', message, { domain: 'external', context });
  }
  const code = codeOf(answer.status, exception, said, call);
  return new MillraceError(code, `YARN refused to ${call.name}: ${said} (${answer.status}, ${address}).`, {
    context,
    ...(answer.status >= 500 && exception === '' && { retry: 'backoff' }),
  });
}

function codeOf(status: number, exception: string, said: string, call: RestCall): ErrorCode {
  if (exception === 'BadRequestException' && RESOURCE_TROUBLE.test(said)) return 'INVALID_RESOURCE_REQUEST';
  if (status === 404 && call.applicationId !== undefined && exception === 'NotFoundException')
    return 'APPLICATION_NOT_FOUND';
  if (status === 403 && CODES[exception] === undefined) return 'ACCESS_DENIED';
  return CODES[exception] ?? 'REMOTE';
}

/** Some refusals (wrong method or type) come as XML, whatever was asked for. */
function parseXml(body: Buffer): { exception: string; message: string } | undefined {
  const xml = String(body);
  const exception = /<exception>([^<]*)<\/exception>/.exec(xml)?.[1];
  return exception === undefined
    ? undefined
    : { exception, message: /<message>([^<]*)<\/message>/.exec(xml)?.[1] ?? '' };
}
