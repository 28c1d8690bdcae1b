// What --address may look like.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "resolve.h"

static void each_form_of_an_address(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    const char *host; // NULL: refused
    int port;
  } cases[] = {
      {"localhost", "localhost", 0},
      {"localhost:9100", "localhost", 9100},
      {"10.0.0.7:65535", "10.0.0.7", 65535},
      {"::1", "::1", 0},
      {"[::1]", "::1", 0},
      {"[fe80::1%eth0]:9100", "fe80::1%eth0", 9100},
      {"2001:db8::9100", "2001:db8::9100", 0}, // never a port: that takes brackets
      {"localhost:", NULL, 0},
      {"localhost:0", NULL, 0},
      {"localhost:65536", NULL, 0},
      {"localhost:99999999999999999999", NULL, 0},
      {"localhost:-1", NULL, 0},
      {"localhost: 1", NULL, 0},
      {"localhost:1x", NULL, 0},
      {":9100", NULL, 0},
      {"", NULL, 0},
      {"[::1", NULL, 0},
      {"[", NULL, 0},
      {"[]", NULL, 0},
      {"[]:9100", NULL, 0},
      {"[::1]9100", NULL, 0},
      {"[::1]:", NULL, 0},
      {"sixteen.letters.", NULL, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct error err = {0};
    char host[16] = "";
    int port = 0;
    int result = address_split(cases[i].text, host, sizeof host, &port, &err);
    if (result != (cases[i].host ? 0 : -1))
      fail_msg("\"%s\" is %s", cases[i].text, result == 0 ? "taken" : "refused");
    assert_int_equal(err.code, cases[i].host ? ERROR_NONE : ERROR_USAGE);
    if (cases[i].host) {
      assert_string_equal(host, cases[i].host);
      assert_int_equal(port, cases[i].port);
    }
  }
}

static void both_families_are_found(void **state)
{
  (void)state;
  struct error err = {0};
  struct addrinfo *found = NULL;
  assert_int_equal(resolve_host("127.0.0.1", &found, &err), 0);
  assert_int_equal(found->ai_family, AF_INET);
  freeaddrinfo(found);
  assert_int_equal(resolve_host("::1", &found, &err), 0);
  assert_int_equal(found->ai_family, AF_INET6);
  freeaddrinfo(found);
  assert_int_equal(resolve_host("no-such-host.invalid", &found, &err), -1);
  assert_int_equal(err.code, ERROR_UNREACHABLE);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_form_of_an_address),
      cmocka_unit_test(both_families_are_found),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
