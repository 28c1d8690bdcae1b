// What is pushed through the redaction, as a log of what came out. The words were worked out apart from the code, with
// another HMAC, by the rule in src/redact/README.md.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "event/event_sink.h"
#include "log_sink.h"
#include "redact/redaction.h"

static void push_fact(struct event_sink *sink, const char *key, const char *value)
{
  assert_int_equal(sink->ops->fact(sink, key, value, &(struct error){0}), 0);
}

static void push_function(struct event_sink *sink, uint32_t id, const char *module, const char *name)
{
  const struct function_definition function = {
      .id = id, .module = module, .module_size = strlen(module), .name = name, .name_size = strlen(name), .arity = 1};
  assert_int_equal(sink->ops->function(sink, &function, &(struct error){0}), 0);
}

static void push_process(struct event_sink *sink, const char *name, const char *label, const char *initial_call)
{
  const struct process_definition process = {.parent = PROCESS_NONE,
                                             .pid = "<0.7.0>",
                                             .pid_size = 7,
                                             .name = name,
                                             .name_size = strlen(name),
                                             .label = label,
                                             .label_size = strlen(label),
                                             .initial_call = initial_call,
                                             .initial_call_size = strlen(initial_call)};
  assert_int_equal(sink->ops->process(sink, &process, &(struct error){0}), 0);
}

static void push_location(struct event_sink *sink, uint32_t function, const char *file)
{
  const struct function_location location = {.function = function, .receives = true, .line = 9, .file = file};
  assert_int_equal(sink->ops->location(sink, &location, &(struct error){0}), 0);
}

static void push_application(struct event_sink *sink, const char *module, const char *application,
                             enum module_origin origin)
{
  const struct module_application told = {
      .module = module, .module_size = strlen(module), .application = application, .origin = origin};
  assert_int_equal(sink->ops->application(sink, &told, &(struct error){0}), 0);
}

typedef void (*stream)(struct event_sink *sink);

// Pushes it twice, as a capture is read twice, and compares what came out.
static void assert_seen(stream push, const struct redaction_options *options, const char *expected)
{
  struct error err = {0};
  struct log_sink log;
  log_sink_init(&log);
  struct redaction *redaction = redaction_new(options, &err);
  assert_non_null(redaction);
  push(redaction_survey(redaction));
  struct event_sink *filter = redaction_filter(redaction, &log.sink, &err);
  assert_non_null(filter);
  push(filter);
  assert_string_equal(log_sink_text(&log), expected);
  redaction_free(redaction);
  log_sink_release(&log);
}

static const struct redaction_options private = {.key = ""}, hashed = {.names = true, .key = ""},
                                      keyed = {.names = true, .key = "my own"};

static void tell_owners(struct event_sink *sink)
{
  push_application(sink, "shop_cart", "shop", MODULE_OWN);
  push_application(sink, "Elixir.Shop.Cart", "", MODULE_OWN);
  push_application(sink, "cowboy", "cowboy", MODULE_DEPENDENCY);
  push_application(sink, "lists", "stdlib", MODULE_OTP);
  push_application(sink, "Elixir.Enum", "elixir", MODULE_ELIXIR);
}

static void names_of_code(struct event_sink *sink)
{
  push_function(sink, 1, "shop_cart", "total");
  push_function(sink, 2, "shop_cart", "-total/1-fun-0-");
  push_function(sink, 3, "shop_cart", "-total/1-lc$^0/1-3-");
  push_function(sink, 4, "shop_cart", "-total/1-Loop/1-0-"); // Loop is a name of the user's own
  push_function(sink, 5, "Elixir.Shop.Cart", "total");
  push_function(sink, 6, "cowboy", "start");
  push_function(sink, 7, "lists", "map");
  push_function(sink, 8, "Elixir.Enum", "map");
  push_function(sink, 9, "erlang", "throw");
  push_function(sink, 10, "stranger", "f"); // nobody said whose it is
  tell_owners(sink);
}

static void code_is_shown(void **state)
{
  (void)state;
  assert_seen(names_of_code, &private,
              "fact redacted = private\n"
              "function f1 9:shop_cart 5:total /1\n"
              "function f2 9:shop_cart 15:-total/1-fun-0- /1\n"
              "function f3 9:shop_cart 19:-total/1-lc$^0/1-3- /1\n"
              "function f4 9:shop_cart 18:-total/1-Loop/1-0- /1\n"
              "function f5 16:Elixir.Shop.Cart 5:total /1\n"
              "function f6 6:cowboy 5:start /1\n"
              "function f7 5:lists 3:map /1\n"
              "function f8 11:Elixir.Enum 3:map /1\n"
              "function f9 6:erlang 5:throw /1\n"
              "function f10 8:stranger 1:f /1\n"
              "application 1 of 9:shop_cart shop\n"
              "application 1 of 16:Elixir.Shop.Cart \n"
              "application 2 of 6:cowboy cowboy\n"
              "application 4 of 5:lists stdlib\n"
              "application 3 of 11:Elixir.Enum elixir\n");
}

static void code_becomes_words(void **state)
{
  (void)state;
  assert_seen(names_of_code, &hashed,
              "fact redacted = names\n"
              "function f1 12:m_2ay4nljc5g 12:f_2mdmglimdk /1\n"
              "function f2 12:m_2ay4nljc5g 22:-f_2mdmglimdk/1-fun-0- /1\n"
              "function f3 12:m_2ay4nljc5g 26:-f_2mdmglimdk/1-lc$^0/1-3- /1\n"
              "function f4 12:m_2ay4nljc5g 12:f_vct537yksg /1\n"
              "function f5 19:Elixir.M_jdnr2qnl2v 12:f_mwt2ivdgta /1\n"
              "function f6 12:m_ynfoyky4cc 12:f_zkuoy2uwzm /1\n"
              "function f7 5:lists 3:map /1\n"
              "function f8 11:Elixir.Enum 3:map /1\n"
              "function f9 6:erlang 5:throw /1\n"
              "function f10 12:m_eaehxg3qm3 12:f_6t6rrtc536 /1\n"
              "application 1 of 12:m_2ay4nljc5g a_x2ghwrxg4t\n"
              "application 1 of 19:Elixir.M_jdnr2qnl2v \n"
              "application 2 of 12:m_ynfoyky4cc a_xgcg6wnsxn\n"
              "application 4 of 5:lists stdlib\n"
              "application 3 of 11:Elixir.Enum elixir\n");
}

static void one_name(struct event_sink *sink)
{
  push_function(sink, 1, "shop_cart", "total");
}

static void a_key_makes_other_words(void **state)
{
  (void)state;
  assert_seen(one_name, &keyed, "fact redacted = names\nfunction f1 12:m_666x5hkh65 12:f_renpsyqpev /1\n");
}

static void processes(struct event_sink *sink)
{
  push_fact(sink, "node", "front@ada-laptop");
  push_process(sink, "shop_cart", "{customer,\"ada\"}", "shop_cart:init/1");
  push_process(sink, "Elixir.Shop.Cart", "", "'Elixir.Shop.Cart':total/1");
  push_process(sink, "session", "plain", "lists:map/2");
  push_process(sink, "teller of ada", "", "no call");
  push_process(sink, "rex_front@ada-laptop", "", "'a\\'b':f/1");
  push_process(sink, "7ada", "", "m:f");
  tell_owners(sink);
}

static void values_in_processes_go(void **state)
{
  (void)state;
  assert_seen(processes, &private,
              "fact redacted = private\n"
              "process p0 7:<0.7.0> 9:shop_cart 0: 16:shop_cart:init/1\n"
              "process p0 7:<0.7.0> 16:Elixir.Shop.Cart 0: 26:'Elixir.Shop.Cart':total/1\n"
              "process p0 7:<0.7.0> 7:session 0: 11:lists:map/2\n"
              "process p0 7:<0.7.0> 0: 0: 0:\n"
              "process p0 7:<0.7.0> 0: 0: 0:\n"
              "process p0 7:<0.7.0> 0: 0: 0:\n"
              "application 1 of 9:shop_cart shop\n"
              "application 1 of 16:Elixir.Shop.Cart \n"
              "application 2 of 6:cowboy cowboy\n"
              "application 4 of 5:lists stdlib\n"
              "application 3 of 11:Elixir.Enum elixir\n");
}

static void names_with_the_host(struct event_sink *sink)
{
  push_fact(sink, "node", "shop@web01.acme.org");
  push_fact(sink, "asked", "flambeau record -p pool_web01 -p pool_web -f web01:f/1");
  push_process(sink, "pool_web01", "", "");
  push_process(sink, "pool_web", "", "");
  push_function(sink, 1, "pool_web01", "pool@WEB01");
  push_function(sink, 2, "web01.acme.org", "web012");
}

static void the_host_goes(void **state)
{
  (void)state;
  assert_seen(names_with_the_host, &private,
              "fact redacted = private\n"
              "fact asked = flambeau record -p ... -p pool_web -f ...\n"
              "process p0 7:<0.7.0> 0: 0: 0:\n"
              "process p0 7:<0.7.0> 8:pool_web 0: 0:\n"
              "function f1 6:pool_h 6:pool@h /1\n"
              "function f2 1:h 6:web012 /1\n");
}

static void names_with_a_short_host(struct event_sink *sink)
{
  push_fact(sink, "node", "shop@db2");
  push_process(sink, "cache_db2", "", "");
  push_process(sink, "feedb26", "", "");
  push_function(sink, 1, "cache_db2", "feedb26");
}

static void a_short_host_goes_where_it_is_a_word(void **state)
{
  (void)state;
  assert_seen(names_with_a_short_host, &private,
              "fact redacted = private\n"
              "process p0 7:<0.7.0> 0: 0: 0:\n"
              "process p0 7:<0.7.0> 7:feedb26 0: 0:\n"
              "function f1 7:cache_h 7:feedb26 /1\n");
}

static void numbers_and_words_of_hosts(struct event_sink *sink)
{
  push_fact(sink, "node", "shop@25");
  push_fact(sink, "otp", "25");
  push_function(sink, 1, "a@25", "a_25");
}

static void plain_hosts(struct event_sink *sink)
{
  push_fact(sink, "node", "front@shop.acme.org");
  push_process(sink, "shop", "", "");
  push_function(sink, 1, "front@shop", "shop@shopping");
}

// A word of code is one, whoever else is called so; behind an @ it is a host.
static void a_host_may_be_a_word_of_code(void **state)
{
  (void)state;
  assert_seen(numbers_and_words_of_hosts, &private,
              "fact redacted = private\nfact otp = 25\nfunction f1 3:a@h 4:a_25 /1\n");
  assert_seen(plain_hosts, &private,
              "fact redacted = private\n"
              "process p0 7:<0.7.0> 4:shop 0: 0:\n"
              "function f1 7:front@h 13:shop@shopping /1\n");
}

static void a_process_is_called_as_its_module(struct event_sink *sink)
{
  push_process(sink, "shop_cart", "", "shop_cart:init/1");
  push_process(sink, "Elixir.Shop.Cart", "", "'Elixir.Shop.Cart':total/1");
  push_process(sink, "session", "", "lists:map/2");
  push_application(sink, "shop_cart", "", MODULE_OWN);
  push_application(sink, "Elixir.Shop.Cart", "", MODULE_OWN);
  push_application(sink, "lists", "stdlib", MODULE_OTP);
}

static void names_of_processes_become_words(void **state)
{
  (void)state;
  assert_seen(a_process_is_called_as_its_module, &hashed,
              "fact redacted = names\n"
              "process p0 7:<0.7.0> 12:m_2ay4nljc5g 0: 27:m_2ay4nljc5g:f_lweozbqt74/1\n"
              "process p0 7:<0.7.0> 19:Elixir.M_jdnr2qnl2v 0: 36:'Elixir.M_jdnr2qnl2v':f_mwt2ivdgta/1\n"
              "process p0 7:<0.7.0> 12:p_yyzhzzjids 0: 11:lists:map/2\n"
              "application 1 of 12:m_2ay4nljc5g \n"
              "application 1 of 19:Elixir.M_jdnr2qnl2v \n"
              "application 4 of 5:lists stdlib\n");
}

static void names_with_the_node(struct event_sink *sink)
{
  push_fact(sink, "node", "front@ada-laptop");
  push_function(sink, 1, "config_front@ada-laptop", "at@ADA-LAPTOP");
  push_function(sink, 2, "about_ada-laptop", "ada-laptops");
  push_function(sink, 3, "gleam@list", "front");
  assert_int_equal(sink->ops->module(sink, "late_front@ada-laptop", 5, true, &(struct error){0}), 0);
}

static void the_node_goes_from_names(void **state)
{
  (void)state;
  assert_seen(names_with_the_node, &private,
              "fact redacted = private\n"
              "function f1 10:config_n@h 4:at@h /1\n"
              "function f2 7:about_h 11:ada-laptops /1\n"
              "function f3 10:gleam@list 5:front /1\n"
              "module 5 traced late_n@h\n");
}

static void locations(struct event_sink *sink)
{
  push_function(sink, 1, "shop_cart", "total");
  push_function(sink, 2, "lists", "map");
  push_location(sink, 1, "/home/ada/shop/src/cart/shop_cart.erl");
  push_location(sink, 2, "/build/lists.erl");
  tell_owners(sink);
}

static void sources_lose_their_folders(void **state)
{
  (void)state;
  struct error err = {0};
  struct log_sink log;
  for (int names = 0; names < 2; names++) {
    log_sink_init(&log);
    struct redaction *redaction = redaction_new(names ? &hashed : &private, &err);
    locations(redaction_survey(redaction));
    locations(redaction_filter(redaction, &log.sink, &err));
    const char *text = log_sink_text(&log);
    assert_non_null(strstr(text, names ? "location f1 receives line 0 \n"
                                       : "location f1 receives line 9 src/cart/shop_cart.erl\n"));
    assert_non_null(strstr(text, "location f2 receives line 9 lists.erl\n"));
    redaction_free(redaction);
    log_sink_release(&log);
  }
}

static void folders_for_files(struct event_sink *sink)
{
  push_function(sink, 1, "shop_cart", "total");
  push_location(sink, 1, "/home/ada/");
  push_location(sink, 1, "C:\\ada\\");
}

// A capture with a line and no file cannot be read.
static void no_file_has_no_line(void **state)
{
  (void)state;
  assert_seen(folders_for_files, &private,
              "fact redacted = private\n"
              "function f1 9:shop_cart 5:total /1\n"
              "location f1 receives line 0 \n"
              "location f1 receives line 0 \n");
}

static void facts(struct event_sink *sink)
{
  push_fact(sink, "flambeau", "0.1.0");
  push_fact(sink, "node", "shop@host");
  push_fact(sink, "asked",
            "flambeau run -n shop@host --cookie-file /home/ada/c 'Shop.Cart.total(%{name: \"ada\"})' --repeat 5 "
            "--title 'of ada' --only 'Shop.*' --only 'ad a' --tls -q --later ada --spawned -o /home/ada/x.svg");
  push_fact(sink, "target", "Shop.Cart.total(%{name: \"ada\"})");
  push_fact(sink, "selection", "only Shop.*, only ad a");
  push_fact(sink, "bounds", "5 events");
  push_fact(sink, "secret", "ada"); // of a version to come
  push_fact(sink, "end_ns", "7");
}

static void only_known_facts_pass(void **state)
{
  (void)state;
  assert_seen(facts, &private,
              "fact redacted = private\n"
              "fact flambeau = 0.1.0\n"
              "fact asked = flambeau run 'Shop.Cart.total(...)' --repeat 5 --only Shop.* --only ... --tls --spawned\n"
              "fact target = Shop.Cart.total(...)\n"
              "fact selection = only Shop.*, only ...\n"
              "fact bounds = 5 events\n"
              "fact end_ns = 7\n");
}

static void facts_lose_their_names(void **state)
{
  (void)state;
  assert_seen(facts, &hashed,
              "fact redacted = names\n"
              "fact flambeau = 0.1.0\n"
              "fact asked = flambeau run 'M_jdnr2qnl2v.f_mwt2ivdgta(...)' --repeat 5 --only ... --only ... --tls "
              "--spawned\n"
              "fact target = M_jdnr2qnl2v.f_mwt2ivdgta(...)\n"
              "fact selection = only ..., only ...\n"
              "fact bounds = 5 events\n"
              "fact end_ns = 7\n");
}

static const char *asked_now;

static void what_was_asked(struct event_sink *sink)
{
  push_fact(sink, "node", "shop@ada-laptop");
  push_fact(sink, "asked", asked_now);
  push_fact(sink, "target", "ada"); // is made anew
  push_fact(sink, "selection", "ada");
}

static void assert_asked(const char *asked, const struct redaction_options *options, const char *words,
                         const char *target, const char *selection)
{
  char expected[1024];
  snprintf(expected, sizeof expected,
           "fact redacted = %s\nfact asked = flambeau%s\nfact target = %s\nfact selection = %s\n",
           options->names ? "names" : "private", words, target, selection);
  asked_now = asked;
  assert_seen(what_was_asked, options, expected);
}

static void names_that_were_typed_pass(void **state)
{
  (void)state;
  assert_asked("flambeau record -p '<0.7.0>' -p 0.7.0 -p supervisor:shop_sup -p 'teller of ada' -p Shop.Cart -d 10s",
               &private, " record -p <0.7.0> -p 0.7.0 -p supervisor:shop_sup -p ... -p Shop.Cart -d 10s",
               "<0.7.0>, 0.7.0, supervisor:shop_sup, ..., Shop.Cart", "...");
  assert_asked("flambeau record -f lists:sort/1 -f :lists.sort -f Shop.Cart.total/2 -f 'm:ada x/1' -f total", &private,
               " record -f lists:sort/1 -f lists:sort -f Shop.Cart.total/2 -f ... -f ...",
               "calls of lists:sort/1, lists:sort, Shop.Cart.total/2, ..., ...", "...");
  assert_asked("flambeau record -p ''\\''ada'\\''' --slower-than 5ms -p x ...", &private,
               " record -p ... --slower-than 5ms -p x", "..., x", "...");
  assert_asked("flambeau run 'ada|>f()'", &private, " run '...(...)'", "...(...)", "...");
  assert_asked("flambeau run 'Shop.Cart.total %{name: ada}'", &private, " run '...'", "...", "...");
  assert_asked("sudo flambeau record -p ada", &private, "", "...", "...");
  assert_asked("flambeau --title -p ada", &private, "", "...", "...");
  assert_asked("flambeau record --title", &private, " record", "...", "...");
}

static void commas_are_not_between_names(void **state)
{
  (void)state;
  assert_asked("flambeau record -p 'alice, bob' -p x --skip 'a, only b' --only 'x:*' --only y", &private,
               " record -p ... -p x --skip ... --only x:* --only y", "..., x", "only x:*, only y, skip ...");
}

static void only_pids_are_pids(void **state)
{
  (void)state;
  assert_asked("flambeau record -p 7eleven -p '<0.7.0>' -p 0.7.0 -p '<a.7>' -p '<0.7.0'", &hashed,
               " record -p ... -p <0.7.0> -p 0.7.0 -p ... -p ...", "..., <0.7.0>, 0.7.0, ..., ...", "...");
}

static void redacted_before(struct event_sink *sink)
{
  push_fact(sink, "redacted", "names");
  push_fact(sink, "redacted", "private");
}

static void what_was_redacted_stays_so(void **state)
{
  (void)state;
  assert_seen(redacted_before, &private, "fact redacted = private\nfact redacted = names\n");
}

static void events(struct event_sink *sink)
{
  const uint32_t stack[] = {1, 2};
  const struct trace_event read = {.kind = EVENT_STACK, .time_ns = 4, .stack = stack, .stack_size = 2};
  const struct trace_event call = {.kind = EVENT_CALL, .time_ns = 5, .function = 1, .caller = 2};
  assert_int_equal(sink->ops->event(sink, &read, &(struct error){0}), 0);
  assert_int_equal(sink->ops->event(sink, &call, &(struct error){0}), 0);
}

static void events_pass_as_they_are(void **state)
{
  (void)state;
  struct log_sink direct;
  char expected[512];
  log_sink_init(&direct);
  events(&direct.sink);
  snprintf(expected, sizeof expected, "fact redacted = names\n%s", log_sink_text(&direct));
  assert_seen(events, &hashed, expected);
  log_sink_release(&direct);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(code_is_shown),
      cmocka_unit_test(code_becomes_words),
      cmocka_unit_test(a_key_makes_other_words),
      cmocka_unit_test(values_in_processes_go),
      cmocka_unit_test(the_host_goes),
      cmocka_unit_test(a_short_host_goes_where_it_is_a_word),
      cmocka_unit_test(a_host_may_be_a_word_of_code),
      cmocka_unit_test(names_of_processes_become_words),
      cmocka_unit_test(the_node_goes_from_names),
      cmocka_unit_test(sources_lose_their_folders),
      cmocka_unit_test(only_known_facts_pass),
      cmocka_unit_test(facts_lose_their_names),
      cmocka_unit_test(names_that_were_typed_pass),
      cmocka_unit_test(commas_are_not_between_names),
      cmocka_unit_test(only_pids_are_pids),
      cmocka_unit_test(no_file_has_no_line),
      cmocka_unit_test(what_was_redacted_stays_so),
      cmocka_unit_test(events_pass_as_they_are),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
