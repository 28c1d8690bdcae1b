%% Garbage collection on purpose. The counts are compared with those of the report.
-module(truth_memory).

-export([forced/0, allocates/0, truth/1]).

forced() ->
    Kept = lists:seq(1, 1000000),
    truth:tell(ready, 1),
    receive go -> ok end,
    major(20),
    minor(30),
    truth:tell(major_gcs, 20),
    truth:tell(minor_gcs, 30),
    truth:nap(rest, 200),
    length(Kept).

major(0) -> ok;
major(N) -> erlang:garbage_collect(), major(N - 1).

minor(0) -> ok;
minor(N) -> erlang:garbage_collect(self(), [{type, minor}]), minor(N - 1).

-define(LISTS, 200000).

%% How many collections this takes cannot be derived: tracing itself makes garbage in the process, some words a call.
allocates() ->
    truth:began(making),
    make(?LISTS),
    truth:ended(making),
    truth:nap(rest, 200).

make(0) -> ok;
make(N) -> [_ | _] = cells(N), make(N - 1).

cells(N) -> [N, N, N, N, N, N, N, N].

truth(forced) ->
    [{"forced/0;major/1", 21}, {"forced/0;major/1;erlang:garbage_collect/0", 20},
     {"forced/0;major/1;erlang:garbage_collect/0;[gc]", some},
     {"forced/0;major/1;erlang:garbage_collect/0;[waiting]", none},
     {"forced/0;minor/1", 31}, {"forced/0;minor/1;erlang:garbage_collect/2", 30},
     {"forced/0;minor/1;erlang:garbage_collect/2;[gc]", some}];
truth(allocates) ->
    [{"allocates/0", 1}, {"allocates/0;make/1", ?LISTS + 1}, {"allocates/0;make/1", making},
     {"allocates/0;make/1;cells/1", ?LISTS}, {"allocates/0;make/1;cells/1;[gc]", some}].
