// What kafka-leader.ts and kafka-request-queue.ts use of kafkajs beneath its public classes (2.2.4; docs/adr/0023). Only what is called is declared.

declare module 'kafkajs/src/cluster/index.js' {
  import type { KafkaConfig } from 'kafkajs';

  interface FetchRequest {
    readonly isolationLevel: number;
    readonly maxWaitTime: number;
    readonly minBytes: number;
    readonly maxBytes: number;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly {
        readonly partition: number;
        readonly fetchOffset: string;
        readonly maxBytes: number;
      }[];
    }[];
  }

  interface FetchedMessage {
    readonly offset: string;
    readonly value: Buffer | null;
    readonly isControlRecord?: boolean;
  }

  interface FetchResponse {
    readonly responses: readonly {
      readonly partitions: readonly { readonly messages: readonly FetchedMessage[] }[];
    }[];
  }

  interface Broker {
    fetch(request: FetchRequest): Promise<FetchResponse>;
  }

  class Cluster {
    constructor(
      config: KafkaConfig & {
        readonly logger: unknown;
        readonly metadataMaxAge: number;
        readonly allowAutoTopicCreation: boolean;
        readonly isolationLevel: number;
      },
    );
    connect(): Promise<void>;
    disconnect(): Promise<void>;
    addTargetTopic(topic: string): Promise<void>;
    findLeaderForPartitions(topic: string, partitions: readonly number[]): Record<string, number[]>;
    findBroker(wanted: { readonly nodeId: string }): Promise<Broker>;
    fetchTopicsOffset(
      topics: readonly {
        readonly topic: string;
        readonly partitions: readonly { readonly partition: number }[];
        readonly fromBeginning: boolean;
      }[],
    ): Promise<{ readonly partitions: readonly { readonly offset: string }[] }[]>;
  }

  export type { Broker, Cluster, FetchedMessage };
  export default Cluster;
}

declare module 'kafkajs/src/loggers/index.js' {
  interface Loggers {
    createLogger(options: { readonly level: number; readonly logCreator: () => () => void }): unknown;
  }
  const loggers: Loggers;
  export default loggers;
}

declare module 'kafkajs/src/network/requestQueue/index.js' {
  interface InflightRequest {
    /** Milliseconds since 1970. */
    sentAt: number;
    readonly requestTimeout: number;
    timeoutRequest(): void;
  }

  class RequestQueue {
    constructor(settings: {
      readonly maxInFlightRequests: number;
      readonly requestTimeout: number;
      readonly enforceRequestTimeout: boolean;
      readonly clientId: string;
      readonly broker: string;
      readonly logger: { debug(): void };
    });
    readonly enforceRequestTimeout: boolean;
    readonly isConnected: () => boolean;
    readonly pending: unknown[];
    readonly inflight: Map<number, InflightRequest>;
    requestTimeoutIntervalId: NodeJS.Timeout;
    scheduleCheckPendingRequests(): void;
    checkPendingRequests(): void;
    scheduleRequestTimeoutCheck(): void;
    /** Ends the checks of limits. */
    destroy(): void;
  }
  export default RequestQueue;
}
