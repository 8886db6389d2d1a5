export { RestClient, type RestClientOptions } from './rest-client.js';
