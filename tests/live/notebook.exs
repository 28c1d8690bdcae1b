# Runs a notebook without Livebook: evaluates its Elixir cells in their order, with the variables of those before.
#   elixir notebook.exs NOTEBOOK.livemd FOLDER [LABEL=VALUE...]
# What cell 7 prints and what it is worth goes to FOLDER/7.txt, HTML that it shows to FOLDER/7.html. Inputs are their
# defaults, or what LABEL=VALUE says. The setup cell, which installs, is left out.

[notebook, folder | values] = System.argv()
values = Map.new(values, fn text -> text |> String.split("=", parts: 2) |> List.to_tuple() end)
:persistent_term.put(:inputs, values)

defmodule Kino.Input do
  def text(label, default: default), do: {label, default}
  def password(label, default: default), do: {label, default}
  def read({label, default}), do: Map.get(:persistent_term.get(:inputs), label, default)
end

defmodule Kino.Layout do
  def grid(kinos, columns: _), do: kinos
end

defmodule Kino.HTML do
  def new(html) when is_binary(html), do: {:html, html}
end

["Mix.install" <> _ | cells] =
  for [_, cell] <- Regex.scan(~r/^```elixir\n(.*?)^```$/ms, File.read!(notebook)), do: cell

stdout = Process.group_leader()

run = fn {cell, number}, {binding, env} ->
  {:ok, printed} = StringIO.open("")
  Process.group_leader(self(), printed)
  {value, binding, env} = Code.eval_quoted_with_env(Code.string_to_quoted!(cell, file: "cell #{number}"), binding, env)
  Process.group_leader(self(), stdout)
  {:ok, {"", text}} = StringIO.close(printed)

  case value do
    {:html, html} -> File.write!(Path.join(folder, "#{number}.html"), html)
    value -> File.write!(Path.join(folder, "#{number}.txt"), [text, inspect(value, limit: :infinity), "\n"])
  end

  {binding, env}
end

Enum.reduce(Enum.with_index(cells, 1), {[], Code.env_for_eval([])}, run)
IO.puts("#{length(cells)} cells")
