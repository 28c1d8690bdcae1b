defmodule Sample do
  defstruct [:name, price: 0] # @ __struct__/0 @ __struct__/1

  @doc "What it comes to."
  def total(items, rate \\ 1) # @ total/1

  def total([], _rate), do: 0 # @ total/2

  def total(items, rate) do
    items
    |> Enum.map(fn %{price: price} -> price * rate end) # @ -total/2-fun-0-/2 @ -total/2-inlined-0-/1
    |> Enum.sum()
  end

  defp described(name), # @ described/1
    do: "#{name} is #{String.length(name)} long"

  def describe(%__MODULE__{} = item), do: described(item.name) # @ describe/1

  defmacro twice(x) do # @ MACRO-twice/2
    quote do: unquote(x) * 2
  end
end
