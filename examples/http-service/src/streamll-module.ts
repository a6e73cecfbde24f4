import { type DynamicModule, Module } from "@nestjs/common";
import { configure } from "@streamll/core";
import { RabbitMQSink, type RabbitMQSinkOptions } from "@streamll/sink";

/**
 * Records what a Nest application does, and delivers it before the application ends. What another
 * provider emits in `onApplicationShutdown` may come too late: emit it in `beforeApplicationShutdown`.
 */
@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: the form that Nest gives to a module with options
export class StreamllModule {
  static forRoot(options: RabbitMQSinkOptions): DynamicModule {
    return {
      module: StreamllModule,
      providers: [
        {
          provide: "streamll",
          useFactory: () => {
            const streamll = configure({ sinks: [new RabbitMQSink(options)] });
            // Nest calls it when the server is closed and the requests in flight are answered.
            return { onApplicationShutdown: () => streamll.stop() };
          },
        },
      ],
    };
  }
}
